// What a client makes of a capture's stream: a file that ends with a whole block, whenever the
// stream ends. Counts what it says.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "mgmt/capture/pcapng_blocks.h"

namespace weft::mgmt {

class CaptureFile {
 public:
  // "-": standard output. Error: the file cannot be made.
  static Result<CaptureFile> open(const std::string& path);
  // The stream's next bytes. Error: the stream is no capture, or the file takes no more.
  Result<void> add(std::string_view bytes);
  uint64_t packets() const { return packets_; }
  uint64_t lost() const;  // as far as the stream has said

 private:
  struct Close {
    void operator()(std::FILE* file) const;
  };
  CaptureFile(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}

  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;
  pcapng::Blocks blocks_;
  uint64_t packets_ = 0;
  std::map<uint32_t, uint64_t> lost_;  // by interface
};

}  // namespace weft::mgmt
