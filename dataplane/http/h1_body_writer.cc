#include "dataplane/http/h1_body_writer.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "dataplane/http/h1_head_writer.h"
#include "dataplane/http/hop_by_hop.h"

namespace weft {
namespace {

void append_size(uint64_t bytes, Chain& out) {
  std::array<char, 18> text;
  char* end = std::to_chars(text.data(), text.data() + 16, bytes, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append_copy(std::string_view(text.data(), static_cast<std::size_t>(end - text.data())));
}

}  // namespace

void H1BodyWriter::data(Chain bytes, Chain& out) {
  if (how_ == How::none || bytes.empty()) return;
  if (how_ == How::sized) {
    CHECK(bytes.size() <= left_bytes_);
    left_bytes_ -= bytes.size();
  }
  if (how_ != How::chunked) return out.append(std::move(bytes));
  append_size(bytes.size(), out);
  out.append(std::move(bytes));
  out.append(Slice::of_static("\r\n"));
}

void H1BodyWriter::trailers(const Fields& trailers, Chain& out) {
  if (how_ != How::chunked || trailers.count() == 0) return;
  H1HeadWriter writer(written_bytes(trailers) + 8);
  writer.constant("0\r\n");
  writer.fields(trailers, hop_by_hop_fields);
  writer.constant("\r\n");
  writer.finish(out);
  last_chunk_sent_ = true;
}

bool H1BodyWriter::end(Chain& out) {
  if (how_ == How::chunked && !last_chunk_sent_) out.append(Slice::of_static("0\r\n\r\n"));
  const bool whole = how_ != How::sized || left_bytes_ == 0;
  *this = none();
  return whole;
}

}  // namespace weft
