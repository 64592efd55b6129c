// For tests: a folder that is gone afterwards.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "dataplane/base/check.h"

namespace weft::mgmt {

class TemporaryFolder {
 public:
  TemporaryFolder() { CHECK(mkdtemp(path_.data()) != nullptr); }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/weft-test-XXXXXX";
};

}  // namespace weft::mgmt
