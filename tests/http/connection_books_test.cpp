#include "http/restinio/connection_books.hpp"

#include <boost/test/unit_test.hpp>

#include "http/restinio/guarded_socket.hpp"

using namespace retail_pulse::http;

BOOST_AUTO_TEST_SUITE(books_of_connections)

// The sweeper runs on any thread, so it may come between the two steps of a connection that is new.
BOOST_AUTO_TEST_CASE(a_connection_that_is_swept_before_it_waits_is_not_idle) {
  asio::io_context context;
  auto& books = asio::use_service<connection_books>(context);
  const connection_bounds bounds{.connections = 10};
  books.use(bounds);
  guarded_socket socket{context};
  const auto entry = books.join(socket, asio::ip::make_address("127.0.0.1"), -1);
  const auto joined = connection_entry::clock::now();
  books.sweep(joined);
  BOOST_TEST(!books.evicted(*entry));
  BOOST_TEST(!books.waits(*entry, connection_phase::idle, joined));
  books.sweep(joined + bounds.idle);
  BOOST_TEST(books.evicted(*entry).has_value());
  books.leave(*entry);
}

BOOST_AUTO_TEST_SUITE_END()
