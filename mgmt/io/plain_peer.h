// For tests: the other end of a connection, as plain blocking sockets on loopback, so that it can
// say anything at all. Reads end after ten seconds. Not on the loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::mgmt {

class PlainConnection {
 public:
  explicit PlainConnection(int descriptor);
  static PlainConnection to_port(uint16_t port);
  static PlainConnection begin_to_port(uint16_t port);  // does not wait to be connected
  static PlainConnection to_path(const std::string& path);
  ~PlainConnection();
  PlainConnection(PlainConnection&& other) noexcept;
  PlainConnection& operator=(PlainConnection&& other) noexcept;

  bool is_open() const { return descriptor_ >= 0; }
  bool write(std::string_view bytes);             // false when the other side has gone
  std::string read_some();                        // empty at the end
  std::string read_until(std::string_view mark);  // with the mark, or what came before the end
  std::string read_all();
  bool was_reset();  // waits for the end
  void close_write();
  void close();

 private:
  int descriptor_;
};

class PlainListener {
 public:
  PlainListener();
  ~PlainListener();
  PlainListener(const PlainListener&) = delete;
  PlainListener& operator=(const PlainListener&) = delete;

  uint16_t port() const { return port_; }
  PlainConnection accept();  // not open when nobody came in ten seconds, or after close()
  bool has_caller();         // somebody connected and was not accepted yet
  void close();              // refuses from now on; an accept() that waits ends

 private:
  int descriptor_;
  uint16_t port_;
};

}  // namespace weft::mgmt
