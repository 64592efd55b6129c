"""Which lines count, and for whom."""
import line_coverage


def lines(covered, count):
    return {"covered": covered, "count": count}


def test_folders_count_their_own_lines_and_no_tests():
    files = {
        "dataplane/wire/tcp.h": lines(8, 10),
        "dataplane/wire/udp.h": lines(10, 10),
        "dataplane/wire/tcp_test.cc": lines(0, 100),
        "pipelines/l4/l4.cc": lines(7, 7),
        "pipelines/gateway.cc": lines(0, 5),
        "tests/fuzz/services.cc": lines(0, 5),
    }
    assert line_coverage.of_folders(files) == [("dataplane/wire", 18, 20), ("pipelines/l4", 7, 7)]
    text = "\n".join(line_coverage.table(files))
    assert "tcp.h" in text and "90.0 percent" in text
    assert "udp.h" not in text and "gateway.cc" not in text and "tcp_test" not in text
