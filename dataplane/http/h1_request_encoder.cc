#include "dataplane/http/h1_request_encoder.h"

#include "dataplane/http/h1_head_writer.h"
#include "dataplane/http/hop_by_hop.h"

namespace weft {
namespace {

// All that is written besides texts of the head, and more.
constexpr uint32_t constants_bytes = 160;

// "authority" for CONNECT (RFC 9112, 3.2.3), else the path with its query.
void write_target(const RequestHead& head, H1HeadWriter& writer) {
  if (head.method == Method::connect) return writer.text(head.authority());
  writer.text(head.path());
  writer.text(head.query());
}

H1BodyWriter write_framing(const RequestHead& head, H1HeadWriter& writer) {
  switch (head.body) {
    case BodyKind::sized:
      writer.constant("Content-Length: ");
      writer.number(*head.content_length);
      writer.constant("\r\n");
      return H1BodyWriter::sized(*head.content_length);
    case BodyKind::open:
      writer.constant("Transfer-Encoding: chunked\r\n");
      return H1BodyWriter::chunked();
    case BodyKind::none:
    case BodyKind::tunnel:
      break;
  }
  return H1BodyWriter::none();
}

// RFC 9110, 7.6.1: what follows is named in Connection, so that nobody passes it on.
void write_connection(const RequestHead& head, bool close, H1HeadWriter& writer) {
  const bool upgrade = head.upgrade == Upgrade::websocket;
  if (!upgrade && !close && !head.accepts_trailers) return;
  std::string_view separator = "Connection: ";
  const auto option = [&](std::string_view name) {
    writer.constant(separator);
    writer.constant(name);
    separator = ", ";
  };
  if (close) option("close");
  if (upgrade) option("upgrade");
  if (head.accepts_trailers) option("TE");
  writer.constant("\r\n");
  if (upgrade) writer.constant("Upgrade: websocket\r\n");
  if (head.accepts_trailers) writer.constant("TE: trailers\r\n");
}

}  // namespace

void H1RequestEncoder::head(const RequestHead& head, Chain& out) {
  const std::size_t texts = head.method_name().size() + head.path().size() + head.query().size() +
                            2 * head.authority().size();
  H1HeadWriter writer(static_cast<uint32_t>(texts) + written_bytes(head.fields) + constants_bytes);
  writer.constant(head.method_name());
  writer.constant(" ");
  write_target(head, writer);
  writer.constant(" HTTP/1.1\r\nHost: ");
  writer.text(head.authority());
  writer.constant("\r\n");
  // Trailers have a place behind chunks only.
  const FieldSet trailer = head.body == BodyKind::open ? 0 : bit(KnownField::trailer);
  writer.fields(head.fields, hop_by_hop_fields | trailer);
  body_ = write_framing(head, writer);
  write_connection(head, close_, writer);
  writer.constant("\r\n");
  writer.finish(out);
}

}  // namespace weft
