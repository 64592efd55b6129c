"""Requests over HTTP, each on a connection of its own and with its times, until SIGTERM.

    request_client.py ADDRESS PORT [--loops N] [--pace-ms N] [--timeout-ms N] [--path PATH]

Prints a line for each request: when it began and ended (seconds of CLOCK_MONOTONIC, which all
processes of the machine share), the name of the instance that served it or "-", and what went wrong
or "ok".
"""
import argparse
import asyncio
import os
import signal
import sys
import time


async def request(given):
    """(instance, "ok") or ("-", what went wrong)."""
    writer = None
    try:
        reader, writer = await asyncio.open_connection(given.address, given.port)
        writer.write(
            f"GET {given.path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n".encode()
        )
        answer = (await reader.read()).decode(errors="replace")
    except OSError as error:
        return "-", os.strerror(error.errno) if error.errno else type(error).__name__
    finally:
        if writer:
            writer.close()
    head, _, _ = answer.partition("\r\n\r\n")
    if not head.startswith("HTTP/1.1 200 "):
        return "-", f"answered '{head.splitlines()[0] if head else ''}'"
    names = [
        line.split(":")[1].strip() for line in head.splitlines() if line.startswith("X-Instance:")
    ]
    return (names[0], "ok") if names else ("-", "no X-Instance header")


async def loop(given, stopped):
    while not stopped.is_set():
        begin = time.monotonic()
        try:
            instance, result = await asyncio.wait_for(request(given), given.timeout_ms / 1000)
        except asyncio.TimeoutError:
            instance, result = "-", "timed out"
        end = time.monotonic()
        sys.stdout.write(f"{begin:.6f} {end:.6f} {instance} {result}\n")
        rest = begin + given.pace_ms / 1000 - end
        try:
            await asyncio.wait_for(stopped.wait(), max(rest, 0.0001))
        except asyncio.TimeoutError:
            pass


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--loops", type=int, default=8)
    parser.add_argument("--pace-ms", type=int, default=20)
    parser.add_argument("--timeout-ms", type=int, default=1000)
    parser.add_argument("--path", default="/")
    given = parser.parse_args()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await asyncio.gather(*(loop(given, stopped) for _ in range(given.loops)))


asyncio.run(main())
