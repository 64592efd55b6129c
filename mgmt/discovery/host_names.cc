#include "mgmt/discovery/host_names.h"

#include <algorithm>

namespace weft::mgmt {

void HostNames::want(const std::map<std::string, Duration>& intervals, Instant now) {
  std::vector<Key> unwanted;
  for (const auto& [name, key] : keys_) {
    if (!intervals.contains(name)) unwanted.push_back(key);
  }
  for (const Key key : unwanted) remove(key);
  for (const auto& [name, interval] : intervals) {
    const auto known = keys_.find(name);
    if (known == keys_.end()) {
      add(name, interval, now);
    } else {
      named_[known->second].watch.set_interval(interval, now);
      schedule(known->second);
    }
  }
}

bool HostNames::on_answer(std::string_view name, uint32_t attempt, const Answer& answer,
                          Instant now) {
  const auto known = keys_.find(name);
  if (known == keys_.end()) return false;
  NameWatch& watch = named_[known->second].watch;
  if (!watch.in_flight() || watch.attempt() != attempt) return false;
  const bool changed = watch.on_answer(answer, limits_, fraction(), now);
  schedule(known->second);
  return changed;
}

bool HostNames::poll(Instant now, std::vector<LookUp>& start) {
  bool changed = false;
  const Answer given_up = fail("no answer from the resolver", Fault::environment, true);
  while (!in_flight_.empty() && in_flight_.earliest() <= now) {
    const Key key = in_flight_.pop();
    changed |= named_[key].watch.on_answer(given_up, limits_, fraction(), now);
    schedule(key);
  }
  while (!due_.empty() && due_.earliest() <= now && in_flight_.size() < limits_.in_flight_max) {
    const Key key = due_.pop();
    named_[key].watch.on_start(++attempts_, limits_, now);
    schedule(key);
    start.push_back({named_[key].name, attempts_});
  }
  return changed;
}

Instant HostNames::next_poll() const {
  Instant next = Instant::max();
  if (!in_flight_.empty()) next = in_flight_.earliest();
  if (in_flight_.size() >= limits_.in_flight_max || due_.empty()) return next;
  return std::min(next, due_.earliest());
}

const NameWatch* HostNames::find(std::string_view name) const {
  const auto known = keys_.find(name);
  return known == keys_.end() ? nullptr : &named_[known->second].watch;
}

void HostNames::add(const std::string& name, Duration interval, Instant now) {
  Key key = static_cast<Key>(named_.size());
  Named added{name, NameWatch(interval, now)};
  if (free_keys_.empty()) {
    named_.push_back(std::move(added));
  } else {
    key = free_keys_.back();
    free_keys_.pop_back();
    named_[key] = std::move(added);
  }
  keys_.emplace(name, key);
  schedule(key);
}

void HostNames::remove(Key key) {
  due_.erase(key);
  in_flight_.erase(key);
  keys_.erase(named_[key].name);
  free_keys_.push_back(key);
}

void HostNames::schedule(Key key) {
  const NameWatch& watch = named_[key].watch;
  (watch.in_flight() ? in_flight_ : due_).set(key, watch.next());
  (watch.in_flight() ? due_ : in_flight_).erase(key);
}

}  // namespace weft::mgmt
