// Asio and Beast, compiled once for all of mgmt/io.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
