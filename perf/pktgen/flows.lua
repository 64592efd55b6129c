-- For Pktgen-DPDK: port 0 sends 64-byte UDP frames of FLOWS flows to the listener of weft.toml.
--
--   FLOWS=1000000 EDGE_MAC=02:00:00:00:00:01 pktgen ... -- ... -f flows.lua
--
-- FLOWS: about how many (1000). EDGE_MAC: of the gateway's interface "edge". RATE: percent of the
-- line (100).
local flows = tonumber(os.getenv("FLOWS") or "1000")
local edge_mac = assert(os.getenv("EDGE_MAC"), "EDGE_MAC is not set")
local rate = tonumber(os.getenv("RATE") or "100")

-- With every packet the address and the L4 port step on by one. The number of ports is a prime, so
-- that all pairs come before one comes again.
local ports = 997
local addresses = math.max(1, math.floor(flows / ports))
if addresses % ports == 0 then
  addresses = addresses + 1
end

local function address(number)
  return string.format("198.18.%d.%d", math.floor(number / 256), number % 256)
end

local function range(set, first, last, step)
  set("0", "start", first)
  set("0", "min", first)
  set("0", "max", last)
  set("0", "inc", step)
end

pktgen.set("0", "rate", rate)
pktgen.set("0", "count", 0)
pktgen.set_proto("0", "udp")
pktgen.range.dst_mac("0", "start", edge_mac)
range(pktgen.range.src_ip, address(1), address(addresses), "0.0.0.1")
range(pktgen.range.dst_ip, "203.0.113.10", "203.0.113.10", "0.0.0.0")
range(pktgen.range.src_port, 10000, 10000 + ports - 1, 1)
range(pktgen.range.dst_port, 8000, 8000, 0)
range(pktgen.range.pkt_size, 64, 64, 0)
pktgen.set_range("0", "on")

print(string.format("%d addresses x %d ports = %d flows", addresses, ports, addresses * ports))
