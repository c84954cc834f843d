#include "http/shares/client_shares.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/shares/client_crowd.hpp"
#include "http/shares/client_turns.hpp"
#include "http/shares/reader_queue.hpp"

using namespace retail_pulse::http;
using namespace std::chrono_literals;

namespace {

client_address at(std::uint64_t network) {
  return {.v6 = false, .network = network, .trusted = false};
}
client_address trusted(std::uint64_t network) {
  return {.v6 = false, .network = network, .trusted = true};
}

/// How much more a client may take, one by one.
std::size_t takes_all_it_may(client_shares& of, const client_address& who) {
  std::size_t taken = 0;
  for (; of.allows(who, 1); ++taken) of.take(who, 1);
  return taken;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shares_of_clients)

BOOST_AUTO_TEST_CASE(each_client_may_have_its_part_of_what_the_others_leave) {
  client_shares shares{{.total = 1024, .percent = 50}};
  BOOST_TEST(takes_all_it_may(shares, at(1)) == 512u);
  BOOST_TEST(takes_all_it_may(shares, at(2)) == 256u);
  BOOST_TEST(takes_all_it_may(shares, at(3)) == 128u);
  BOOST_TEST(takes_all_it_may(shares, at(1)) == 0u);
  BOOST_TEST(shares.held() == 896u);
  shares.give_back(at(1), 512);
  BOOST_TEST(shares.held_by(at(1)) == 0u);
  BOOST_TEST(takes_all_it_may(shares, at(4)) == 320u);  // half of 640
}

BOOST_AUTO_TEST_CASE(a_share_is_held_to_the_last_unit) {
  client_shares shares{{.total = 100, .percent = 25}};
  BOOST_TEST(shares.allows(at(1), 25));
  BOOST_TEST(!shares.allows(at(1), 26));
  shares.take(at(1), 25);
  BOOST_TEST(!shares.allows(at(1), 1));
  BOOST_TEST(shares.allows(at(2), 18));  // a quarter of 75
  BOOST_TEST(!shares.allows(at(2), 19));
}

BOOST_AUTO_TEST_CASE(the_least_is_for_every_client_while_there_is_room) {
  client_shares shares{{.total = 10, .percent = 1, .least = 4}};
  BOOST_TEST(takes_all_it_may(shares, at(1)) == 4u);
  BOOST_TEST(takes_all_it_may(shares, at(2)) == 4u);
  BOOST_TEST(takes_all_it_may(shares, at(3)) == 2u);
  BOOST_TEST(takes_all_it_may(shares, at(4)) == 0u);
  client_shares one{{.total = 1, .percent = 50}};
  BOOST_TEST(takes_all_it_may(one, at(1)) == 1u);
}

BOOST_AUTO_TEST_CASE(a_trusted_client_has_no_share_only_the_total) {
  client_shares shares{{.total = 10, .percent = 50}};
  BOOST_TEST(takes_all_it_may(shares, at(1)) == 5u);
  BOOST_TEST(takes_all_it_may(shares, trusted(2)) == 5u);
  BOOST_TEST((shares.greediest() == at(1)));
  client_shares all{{.total = 10, .percent = 100}};
  BOOST_TEST(takes_all_it_may(all, at(1)) == 10u);
}

BOOST_AUTO_TEST_CASE(the_greediest_is_the_client_that_holds_most) {
  client_shares shares{{.total = 100}};
  BOOST_TEST(!shares.greediest().has_value());
  shares.take(trusted(9), 50);
  BOOST_TEST(!shares.greediest().has_value());
  shares.take(at(1), 5);
  shares.take(at(2), 7);
  BOOST_TEST((shares.greediest() == at(2)));
  shares.give_back(at(2), 7);
  BOOST_TEST((shares.greediest() == at(1)));
}

BOOST_AUTO_TEST_CASE(counted_beyond_the_total_there_is_no_room) {
  client_shares shares{{.total = 10}};
  shares.take(at(1), 12);
  BOOST_TEST(!shares.has_room(0));
  BOOST_TEST(!shares.allows(at(2), 1));
  shares.give_back(at(1), 3);
  BOOST_TEST(shares.has_room(1));
  BOOST_TEST(!shares.has_room(2));
}

BOOST_AUTO_TEST_CASE(clients_take_turns_and_each_keeps_its_order) {
  client_turns<std::string> queue;
  for (const auto* task : {"a1", "a2", "a3", "a4"}) queue.add(at(1), task);
  queue.add(at(2), "b1");
  queue.add(at(3), "c1");
  queue.add(at(2), "b2");
  BOOST_TEST(queue.size() == 7u);
  std::string order;
  for (int i = 0; i < 4; ++i) order += queue.next() + " ";
  queue.add(at(4), "d1");  // behind those who wait
  while (!queue.empty()) order += queue.next() + " ";
  BOOST_TEST(order == "a1 b1 c1 a2 b2 a3 d1 a4 ");
  BOOST_TEST(queue.size() == 0u);
}

namespace {

/// Readers that note what they are asked, and hold it until it is answered.
struct noting_readers {
  std::shared_ptr<reader_queue<int>> queue;
  std::string order{};
  std::vector<permit> turns{};

  reader_queue<int>::query named(const std::string& name) {
    return [this, name](const int& reader, permit turn) {
      order += name + "@" + std::to_string(reader) + " ";
      turns.push_back(std::move(turn));
    };
  }
  void answer_all() { std::exchange(turns, {}).clear(); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_reader_has_one_question_at_a_time_and_clients_take_turns) {
  noting_readers one{
      std::make_shared<reader_queue<int>>(std::vector{1}, share_bounds{.total = 100})};
  for (int i = 0; i < 4; ++i) BOOST_TEST(one.queue->ask(at(1), one.named("a" + std::to_string(i))));
  BOOST_TEST(one.queue->ask(at(2), one.named("b0")));
  BOOST_TEST(one.order == "a0@1 ");
  for (int i = 0; i < 5; ++i) one.answer_all();
  BOOST_TEST(one.order == "a0@1 a1@1 b0@1 a2@1 a3@1 ");
  noting_readers two{
      std::make_shared<reader_queue<int>>(std::vector{1, 2}, share_bounds{.total = 100})};
  for (int i = 0; i < 3; ++i) BOOST_TEST(two.queue->ask(at(1), two.named("a")));
  BOOST_TEST(two.turns.size() == 2u);
  two.answer_all();
  BOOST_TEST(two.turns.size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_client_has_a_share_of_the_questions_that_wait) {
  noting_readers readers{
      std::make_shared<reader_queue<int>>(std::vector{1}, share_bounds{.total = 8, .percent = 50})};
  for (int i = 0; i < 4; ++i) BOOST_TEST(readers.queue->ask(at(1), readers.named("a")));
  BOOST_TEST(!readers.queue->ask(at(1), readers.named("a")));
  BOOST_TEST(readers.queue->ask(at(2), readers.named("b")));
  readers.queue->ask_in_any_case(at(1), readers.named("c"));
  for (int i = 0; i < 6; ++i) readers.answer_all();
  BOOST_TEST(readers.order == "a@1 a@1 b@1 a@1 a@1 c@1 ");
  for (int i = 0; i < 4; ++i) BOOST_TEST(readers.queue->ask(at(1), readers.named("d")));
  readers.queue->close();
  readers.answer_all();
  BOOST_TEST(readers.turns.empty());  // what waited is dropped
  readers.queue->ask_in_any_case(at(1), readers.named("e"));
  BOOST_TEST(readers.order == "a@1 a@1 b@1 a@1 a@1 c@1 d@1 ");
}

BOOST_AUTO_TEST_CASE(of_the_client_with_most_members_the_stillest_goes_first) {
  client_crowd<int> crowd;
  const client_crowd<int>::moment start{};
  BOOST_TEST(!crowd.first_to_go().has_value());
  crowd.add(1, at(1), start);
  crowd.add(2, at(2), start + 5s);
  crowd.add(3, at(2), start + 4s);
  BOOST_TEST(crowd.first_to_go().value() == 3);
  crowd.add(3, at(2), start + 6s);  // it has moved
  BOOST_TEST(crowd.first_to_go().value() == 2);
  crowd.remove(2);
  BOOST_TEST(crowd.first_to_go().value() == 1);  // as many each, and the stillest
  crowd.add(1, at(1), start + 7s);
  BOOST_TEST(crowd.first_to_go().value() == 3);
  crowd.remove(3);
  crowd.remove(3);
  crowd.remove(1);
  BOOST_TEST(crowd.size() == 0u);
  BOOST_TEST(!crowd.first_to_go().has_value());
}

BOOST_AUTO_TEST_CASE(each_member_of_a_trusted_client_counts_as_a_client_of_its_own) {
  client_crowd<int> crowd;
  const client_crowd<int>::moment start{};
  for (int i = 0; i < 10; ++i) crowd.add(i, trusted(1), start + i * 1s);
  crowd.add(100, at(2), start + 50s);
  BOOST_TEST(crowd.first_to_go().value() == 0);
  crowd.add(101, at(2), start + 60s);
  BOOST_TEST(crowd.first_to_go().value() == 100);
}

BOOST_AUTO_TEST_CASE(a_crowd_gives_up_all_its_members_whatever_the_order_they_came_in) {
  client_crowd<int> crowd;
  std::uint64_t random = 1;
  for (int i = 0; i < 500; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    crowd.add(i % 300, at(random >> 60),
              client_crowd<int>::moment{} + std::chrono::seconds{random >> 50 & 63});
  }
  std::size_t left = 300;
  std::vector<bool> gone(300);
  for (auto next = crowd.first_to_go(); next; next = crowd.first_to_go()) {
    BOOST_REQUIRE(!gone[static_cast<std::size_t>(*next)]);
    gone[static_cast<std::size_t>(*next)] = true;
    crowd.remove(*next);
    BOOST_REQUIRE(crowd.size() == --left);
  }
  BOOST_TEST(left == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
