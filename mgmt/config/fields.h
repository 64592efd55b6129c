// Makes Fields from members of the model's structs: the member's type decides how TOML is read.
// Only schema.cc includes this.
#pragma once

#include <array>
#include <type_traits>

#include "mgmt/config/read_values.h"

namespace weft::mgmt::config {

// The words of an enumeration, in the order of its enumerators.
template <class Choice>
inline constexpr std::array<std::string_view, 0> choices_of;
template <>
inline constexpr std::array<std::string_view, 2> choices_of<Idle> = {"poll", "adaptive"};
template <>
inline constexpr std::array<std::string_view, 2> choices_of<NatReturn> = {"any", "symmetric"};
template <>
inline constexpr std::array<std::string_view, 2> choices_of<RssSide> = {"source", "destination"};
template <>
inline constexpr std::array<std::string_view, 2> choices_of<Transit> = {"drop", "twin"};
template <>
inline constexpr std::array<std::string_view, 6> choices_of<Forward> = forward_names;
template <>
inline constexpr std::array<std::string_view, 4> choices_of<ClientAddress> = {
    "none", "toa", "proxy_v1", "proxy_v2"};
template <>
inline constexpr std::array<std::string_view, 2> choices_of<HashOn> = {"5-tuple", "source"};
template <>
inline constexpr std::array<std::string_view, 2> choices_of<UdpChoice> = {"flow", "per-packet"};
template <>
inline constexpr std::array<std::string_view, 3> choices_of<OnEndpointDown> = {"reset", "move",
                                                                               "keep"};

template <class Member>
struct MemberOf;
template <class SettingsOf, class ValueOf>
struct MemberOf<ValueOf SettingsOf::*> {
  using Settings = SettingsOf;
  using Value = ValueOf;
};

// What the reference calls the type that a member is read from.
template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (std::is_same_v<T, std::string> || std::is_enum_v<T> ||
                       std::is_same_v<T, IpPrefix> || std::is_same_v<T, IpAddress>) {
    return "string";
  } else if constexpr (std::is_same_v<T, std::vector<uint32_t>>) {
    return "list of integers";
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return "string or list of strings";
  } else if constexpr (std::is_same_v<T, std::vector<InterfaceAddress>> ||
                       std::is_same_v<T, std::vector<IpPrefix>>) {
    return "list of strings";
  } else {
    return "integer";
  }
}

template <auto member>
using SettingsOf = typename MemberOf<decltype(member)>::Settings;

// A key that fills one member.
template <auto member>
constexpr Field field(std::span<const std::string_view> choices = {}) {
  using Value = typename MemberOf<decltype(member)>::Value;
  if constexpr (std::is_enum_v<Value>) choices = choices_of<Value>;
  const auto read = [](Reading& reading, const Key& key, const Node& node, void* section) {
    read_value(reading, key, node, static_cast<SettingsOf<member>*>(section)->*member);
  };
  const auto same = [](const void* a, const void* b) {
    return static_cast<const SettingsOf<member>*>(a)->*member ==
           static_cast<const SettingsOf<member>*>(b)->*member;
  };
  return {type_name<Value>(), choices, read, same};
}

// A key of which `read_key` makes what it means for the section's struct.
template <class Settings, void (*read_key)(Reading&, const Key&, const Node&, Settings&)>
constexpr Field field_of(std::string_view type, std::span<const std::string_view> choices = {}) {
  const auto read = [](Reading& reading, const Key& key, const Node& node, void* section) {
    read_key(reading, key, node, *static_cast<Settings*>(section));
  };
  return {type, choices, read, nullptr};
}

// A key whose value is a table (or a list of tables) with a section of its own.
template <auto member>
constexpr Field table() {
  using Value = typename MemberOf<decltype(member)>::Value;
  constexpr bool list = requires(Value value) {
    value.push_back({});
  };
  const auto read = [](Reading& reading, const Key& key, const Node& node, void* section) {
    read_table(reading, key, node, static_cast<SettingsOf<member>*>(section)->*member);
  };
  return {list ? "list of tables" : "table", {}, read, nullptr};
}

}  // namespace weft::mgmt::config
