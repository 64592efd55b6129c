#include "dataplane/http/h1_response_encoder.h"

#include "dataplane/http/h1_head_writer.h"
#include "dataplane/http/h1_status_line.h"
#include "dataplane/http/hop_by_hop.h"

namespace weft {
namespace {

// All that is written besides texts of the head, and more.
constexpr uint32_t constants_bytes = 192;

// The version is ours, not the client's (RFC 9110, 2.5). Without a reason the space stays.
void write_status_line(uint16_t status, H1HeadWriter& writer) {
  writer.constant("HTTP/1.1 ");
  writer.number(status);
  writer.constant(" ");
  writer.constant(reason_of(status));
  writer.constant("\r\n");
}

void write_length(uint64_t bytes, H1HeadWriter& writer) {
  writer.constant("Content-Length: ");
  writer.number(bytes);
  writer.constant("\r\n");
}

bool has_no_length(uint16_t status) {
  return status < 200 || status == 204;
}

// How the body of a response is sent that answers that.
H1BodyWriter writer_of(const ResponseHead& head, const Asked& asked, HttpVersion version) {
  if (head.body == BodyKind::tunnel) return H1BodyWriter::until_end();
  const bool bodyless = asked.head || has_no_length(head.status) || head.status == 304;
  if (bodyless || head.body == BodyKind::none) return H1BodyWriter::none();
  if (head.body == BodyKind::sized) return H1BodyWriter::sized(*head.content_length);
  return version == HttpVersion::http1_0 ? H1BodyWriter::until_end() : H1BodyWriter::chunked();
}

void write_framing(const ResponseHead& head, const Asked& asked, bool chunked,
                   H1HeadWriter& writer) {
  if (chunked) return writer.constant("Transfer-Encoding: chunked\r\n");
  if (head.body == BodyKind::tunnel || has_no_length(head.status)) return;
  if (head.content_length) return write_length(*head.content_length, writer);
  // A client would wait for the end of the connection.
  const bool empty = head.body == BodyKind::none && !asked.head && head.status != 304;
  if (empty) write_length(0, writer);
}

void write_connection(const ResponseHead& head, HttpVersion version, bool close,
                      H1HeadWriter& writer) {
  if (head.upgrade == Upgrade::websocket) {
    writer.constant("Connection: upgrade\r\nUpgrade: websocket\r\n");
  } else if (head.body == BodyKind::tunnel) {
    return;
  } else if (close) {
    writer.constant("Connection: close\r\n");
  } else if (version == HttpVersion::http1_0) {
    writer.constant("Connection: keep-alive\r\n");
  }
}

}  // namespace

void H1ResponseEncoder::answer(const RequestHead& request) {
  asked_ = Asked::by(request);
  version_ = request.version;
}

void H1ResponseEncoder::answer_unread() {
  asked_ = {};
  version_ = HttpVersion::http1_1;
  close_ = true;
}

void H1ResponseEncoder::interim(const ResponseHead& head, Chain& out) {
  if (version_ == HttpVersion::http1_0) return;
  H1HeadWriter writer(written_bytes(head.fields) + constants_bytes);
  write_status_line(head.status, writer);
  writer.fields(head.fields, hop_by_hop_fields | bit(KnownField::trailer));
  writer.constant("\r\n");
  writer.finish(out);
}

void H1ResponseEncoder::head(const ResponseHead& head, Chain& out) {
  CHECK(head.upgrade == Upgrade::none || head.upgrade == asked_.upgrade);
  body_ = writer_of(head, asked_, version_);
  const bool until_end = head.body == BodyKind::open && version_ == HttpVersion::http1_0;
  close_ |= head.body == BodyKind::tunnel || (until_end && !asked_.head);
  H1HeadWriter writer(written_bytes(head.fields) + constants_bytes);
  write_status_line(head.status, writer);
  const FieldSet trailer = body_.is_chunked() ? 0 : bit(KnownField::trailer);
  writer.fields(head.fields, hop_by_hop_fields | trailer);
  write_framing(head, asked_, body_.is_chunked(), writer);
  write_connection(head, version_, close_, writer);
  writer.constant("\r\n");
  writer.finish(out);
}

}  // namespace weft
