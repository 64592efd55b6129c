#include "mgmt/capture/capture_file.h"

#include <cerrno>
#include <cstring>

namespace weft::mgmt {

Result<CaptureFile> CaptureFile::open(const std::string& path) {
  if (path == "-") return CaptureFile(stdout, "standard output");
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return fail("cannot write " + path + ": " + std::strerror(errno), Fault::operator_input);
  }
  return CaptureFile(file, path);
}

void CaptureFile::Close::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

Result<void> CaptureFile::add(std::string_view bytes) {
  blocks_.add(bytes);
  for (auto block = blocks_.next(); block; block = blocks_.next()) {
    if (block->type == pcapng::BlockType::enhanced_packet) ++packets_;
    if (block->type == pcapng::BlockType::interface_statistics) {
      const auto statistics = pcapng::statistics_in(*block);
      lost_[statistics.interface] = statistics.lost;
    }
    if (std::fwrite(block->bytes.data(), 1, block->bytes.size(), file_.get()) !=
        block->bytes.size()) {
      return fail("cannot write to " + name_ + ": " + std::strerror(errno));
    }
  }
  if (blocks_.malformed()) return fail("what the gateway sends is no capture");
  if (std::fflush(file_.get()) != 0)
    return fail("cannot write to " + name_ + ": " + std::strerror(errno));
  return {};
}

uint64_t CaptureFile::lost() const {
  uint64_t sum = 0;
  for (const auto& [interface, lost] : lost_) sum += lost;
  return sum;
}

}  // namespace weft::mgmt
