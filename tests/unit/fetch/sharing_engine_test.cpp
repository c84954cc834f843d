#include "fetch/engine/sharing_engine.hpp"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/fetch/scripted_engine.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(sharing)

namespace {

using namespace std::chrono_literals;

outcome failure(error_code code) {
  outcome result;
  result.code = code;
  return result;
}

outcome success(std::uint32_t width, std::optional<file_version> version = std::nullopt) {
  outcome result;
  result.measured = {image_format::png, width, 7};
  result.detail = "told by the network";
  result.evidence = {"http://a.example/moved", "192.0.2.1", 200, 1234,
                     std::string(64, 'c'),     1,           2,   3};
  result.leads_to = "192.0.2.1";
  result.version = std::move(version);
  return result;
}

outcome still_the_same() {
  outcome result;
  result.not_modified = true;
  result.evidence = {"http://a.example/moved", "192.0.2.9", 304, 0, "", 4, 5, 6};
  return result;
}

file_version version_of(const std::string& etag) {
  return {"http://a.example/moved", etag, "Sun, 06 Nov 1994 08:49:37 GMT"};
}

/// A sharing engine over a scripted one, and a clock that stands still until told otherwise.
struct bench {
  explicit bench(std::chrono::milliseconds reuse_for = 0ms, std::size_t entries = 10) {
    auto made = std::make_unique<scripted_engine>();
    inner = made.get();
    shared = make_sharing_engine(std::move(made), {reuse_for, entries, [this] { return now; }});
  }

  void submit(const std::string& url) {
    shared->submit({url, std::nullopt},
                   [this](outcome result) { outcomes.push_back(std::move(result)); });
  }
  void answer(outcome result) {
    auto next = inner->take();
    BOOST_REQUIRE(next.has_value());
    next->done(std::move(result));
  }
  /// One fetch from submit to answer; whether it went to the network.
  bool fetch(const std::string& url, outcome from_network) {
    const auto before = outcomes.size();
    submit(url);
    const bool asked = outcomes.size() == before;
    if (asked) answer(std::move(from_network));
    BOOST_REQUIRE(outcomes.size() == before + 1);
    return asked;
  }
  std::size_t fetches() { return inner->requests().size(); }

  steady_time now{1h};
  scripted_engine* inner = nullptr;
  std::vector<outcome> outcomes;
  std::unique_ptr<engine> shared;  // last: its end answers what is open
};

constexpr auto url_a = "http://a.example/1.png";

}  // namespace

BOOST_AUTO_TEST_CASE(a_url_that_is_being_fetched_is_not_fetched_again_and_all_get_its_outcome) {
  bench with;
  for (const char* spelling :
       {url_a, "HTTP://A.example:80/x/../1.png", "http://a.example/1.png#part"})
    with.submit(spelling);
  with.submit("http://a.example/1.png?other");
  BOOST_TEST(with.fetches() == 2u);
  with.answer(success(5));
  BOOST_REQUIRE(with.outcomes.size() == 3u);
  for (const auto& result : with.outcomes) {
    BOOST_TEST(result.measured.width == 5u);
    BOOST_TEST(result.evidence.bytes == 1234);
    BOOST_TEST(result.evidence.address == "192.0.2.1");
    BOOST_TEST(result.detail == "told by the network");
  }
  with.answer(failure(error_code::timed_out));
  BOOST_TEST((with.outcomes.back().code == error_code::timed_out));
  BOOST_TEST(with.fetches() == 2u);
}

BOOST_AUTO_TEST_CASE(failures_are_shared_too_and_without_reuse_every_later_fetch_is_a_new_one) {
  bench with;
  with.submit(url_a);
  with.submit(url_a);
  with.answer(failure(error_code::connect_failed));
  BOOST_REQUIRE(with.outcomes.size() == 2u);
  for (const auto& result : with.outcomes) BOOST_TEST((result.code == error_code::connect_failed));
  BOOST_TEST(with.fetch(url_a, success(1, version_of("\"1\""))));
  BOOST_TEST(with.fetch(url_a, success(2)));
  BOOST_TEST(!with.inner->requests().back().known.has_value());
}

BOOST_AUTO_TEST_CASE(a_fetch_whose_time_is_over_counts_only_for_who_began_it) {
  bench with;
  std::vector<std::string> told;
  const auto submit = [&](const std::string& who) {
    with.shared->submit({url_a, std::nullopt}, [&told, who](const outcome& result) {
      told.push_back(who + (result.code == error_code::none ? " measured" : " timed out"));
    });
  };
  submit("first");
  submit("second");
  submit("third");
  with.answer(failure(error_code::timed_out));
  BOOST_TEST((told == std::vector<std::string>{"first timed out"}));
  BOOST_TEST(with.fetches() == 2u, "one more for both");
  submit("fourth");
  BOOST_TEST(with.fetches() == 2u);
  with.answer(failure(error_code::timed_out));
  BOOST_TEST(
      (told == std::vector<std::string>{"first timed out", "second timed out", "third timed out"}),
      "the second fetch was for both; neither is fetched again");
  BOOST_TEST(with.fetches() == 3u);
  with.answer(success(5));
  BOOST_TEST(told.back() == "fourth measured");
  BOOST_TEST(told.size() == 4u);
  BOOST_TEST(with.fetches() == 3u);
}

BOOST_AUTO_TEST_CASE(a_shared_fetch_gives_way_as_the_one_that_began_it) {
  bench with;
  with.shared->submit({url_a, std::nullopt, [] { return true; }}, [](const outcome&) {});
  with.submit(url_a);
  const auto asked = with.inner->requests();
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_REQUIRE(asked[0].gives_way);
  BOOST_TEST(asked[0].gives_way());
  with.answer(failure(error_code::timed_out));
  BOOST_TEST(with.inner->requests().back().gives_way(),
             "and so does the fetch for those who joined");
}

BOOST_AUTO_TEST_CASE(who_joined_asks_about_the_same_version_as_who_began) {
  bench with{10s};
  with.fetch(url_a, success(5, version_of("\"1\"")));
  with.now += 10s;
  with.submit(url_a);
  with.submit(url_a);
  with.answer(failure(error_code::timed_out));
  BOOST_TEST((with.inner->requests().back().known == version_of("\"1\"")));
  with.answer(still_the_same());
  BOOST_REQUIRE(with.outcomes.size() == 3u);
  BOOST_TEST(with.outcomes.back().measured.width == 5u);
}

BOOST_AUTO_TEST_CASE(the_end_answers_also_who_was_to_be_fetched_for_again) {
  bench with;
  with.submit(url_a);
  with.submit(url_a);
  with.answer(failure(error_code::timed_out));
  with.shared->stop();
  BOOST_REQUIRE(with.outcomes.size() == 2u);
  BOOST_TEST((with.outcomes.back().code == error_code::internal));
}

BOOST_AUTO_TEST_CASE(what_is_no_url_and_what_is_spelt_at_length_reaches_the_engine_as_it_came) {
  bench with;
  with.submit("ftp://a.example/");
  with.submit("ftp://a.example/");
  const std::string blanks = "http://a.example/" + std::string(limits::url_bytes - 20, ' ') +
                             "x";  // canonical: three bytes each
  with.submit(blanks);
  BOOST_TEST(with.fetches() == 3u);
  BOOST_TEST(with.inner->requests().front().url == "ftp://a.example/");
  BOOST_TEST(with.inner->requests().back().url == blanks);
}

BOOST_AUTO_TEST_CASE(an_engine_that_answers_before_submit_returns_is_no_exception) {
  bench with{1s};
  with.inner->at_once = [](const request& wanted) {
    return wanted.url == url_a ? success(3) : failure(error_code::invalid_url);
  };
  with.submit(url_a);
  with.submit(url_a);
  with.submit("http://b.example/");
  with.submit("http://b.example/");
  BOOST_TEST(with.outcomes.size() == 4u);
  BOOST_TEST(with.fetches() == 3u);
}

BOOST_AUTO_TEST_CASE(a_callback_may_submit_the_same_url_again) {
  bench with;
  with.shared->submit({url_a, std::nullopt}, [&](const outcome&) { with.submit(url_a); });
  with.answer(success(1));
  BOOST_TEST(with.outcomes.empty());
  with.answer(success(2));
  BOOST_REQUIRE(with.outcomes.size() == 1u);
  BOOST_TEST(with.outcomes.front().measured.width == 2u);
}

BOOST_AUTO_TEST_CASE(a_fetch_that_cannot_begin_is_an_outcome_and_no_later_one_waits_for_it) {
  bench with;
  with.inner->throws = true;
  with.submit(url_a);
  BOOST_REQUIRE(with.outcomes.size() == 1u);
  BOOST_TEST((with.outcomes.front().code == error_code::internal));
  with.inner->at_once = [](const request&) { return success(1); };
  with.submit(url_a);  // answered, then thrown: one outcome
  BOOST_REQUIRE(with.outcomes.size() == 2u);
  BOOST_TEST(with.outcomes.back().measured.width == 1u);
}

BOOST_AUTO_TEST_CASE(a_success_is_used_again_until_its_time_without_network) {
  bench with{10s};
  BOOST_TEST(with.fetch(url_a, success(5)));
  with.now += 10s - 1ns;
  BOOST_TEST(!with.fetch("http://a.example:80/1.png", success(6)));
  const auto& reused = with.outcomes.back();
  BOOST_TEST((reused.code == error_code::none));
  BOOST_TEST((reused.measured == measurement{image_format::png, 5, 7}));
  BOOST_TEST(reused.detail == "");
  BOOST_TEST(reused.evidence.final_url == "http://a.example/moved");
  BOOST_TEST(reused.evidence.http_status == 200);
  BOOST_TEST(reused.evidence.kept == std::string(64, 'c'));
  BOOST_TEST(reused.evidence.address == "");
  BOOST_TEST(reused.leads_to == "");
  BOOST_TEST(reused.evidence.bytes == 0);
  BOOST_TEST(reused.evidence.dns_ms + reused.evidence.connect_ms + reused.evidence.total_ms == 0);
  with.now += 1ns;
  BOOST_TEST(with.fetch(url_a, success(6)));
  BOOST_TEST(with.outcomes.back().measured.width == 6u);
  BOOST_TEST(!with.inner->requests().back().known.has_value());
}

BOOST_AUTO_TEST_CASE(a_failure_is_never_used_again) {
  bench with{10s};
  for (const auto& row : error_table) {
    if (row.code != error_code::none) BOOST_TEST(with.fetch(url_a, failure(row.code)), row.name);
  }
}

BOOST_AUTO_TEST_CASE(a_result_whose_time_is_over_is_used_again_once_the_server_confirms_it) {
  bench with{10s};
  BOOST_TEST(with.fetch(url_a, success(5, version_of("\"1\""))));
  BOOST_TEST(!with.inner->requests().back().known.has_value());
  for (int round = 0; round < 3; ++round) {
    with.now += 10s;
    BOOST_TEST(with.fetch(url_a, still_the_same()));
    BOOST_TEST((with.inner->requests().back().known == version_of("\"1\"")));
    const auto& result = with.outcomes.back();
    BOOST_TEST((result.code == error_code::none));
    BOOST_TEST(!result.not_modified);
    BOOST_TEST((result.measured == measurement{image_format::png, 5, 7}));
    BOOST_TEST(result.evidence.http_status == 304);
    BOOST_TEST(result.evidence.address == "192.0.2.9");
    BOOST_TEST(result.evidence.total_ms == 6);
    BOOST_TEST(result.evidence.kept == std::string(64, 'c'));
    BOOST_TEST(!with.fetch(url_a, success(9)));
    BOOST_TEST(with.outcomes.back().measured.width == 5u);
  }
}

BOOST_AUTO_TEST_CASE(another_version_replaces_the_result_and_the_version_that_is_asked_about) {
  bench with{10s};
  with.fetch(url_a, success(5, version_of("\"1\"")));
  with.now += 10s;
  with.fetch(url_a, success(6, version_of("\"2\"")));
  BOOST_TEST(with.outcomes.back().measured.width == 6u);
  with.now += 10s;
  auto with_a_new_name = still_the_same();
  with_a_new_name.version = version_of("\"3\"");
  with.fetch(url_a, with_a_new_name);
  BOOST_TEST((with.inner->requests().back().known == version_of("\"2\"")));
  BOOST_TEST(with.outcomes.back().measured.width == 6u);
  with.now += 10s;
  with.fetch(url_a, success(7));
  BOOST_TEST((with.inner->requests().back().known == version_of("\"3\"")));
  with.now += 10s;
  with.fetch(url_a, success(8));
  BOOST_TEST(!with.inner->requests().back().known.has_value());
}

BOOST_AUTO_TEST_CASE(a_question_that_fails_leaves_the_version_to_ask_about_again) {
  bench with{10s};
  with.fetch(url_a, success(5, version_of("\"1\"")));
  with.now += 10s;
  with.fetch(url_a, failure(error_code::timed_out));
  BOOST_TEST((with.outcomes.back().code == error_code::timed_out));
  BOOST_TEST(with.fetch(url_a, still_the_same()));
  BOOST_TEST(with.outcomes.back().measured.width == 5u);
}

BOOST_AUTO_TEST_CASE(a_confirmation_holds_also_when_the_result_was_pushed_out_meanwhile) {
  bench with{10s, 1};
  with.fetch(url_a, success(5, version_of("\"1\"")));
  with.now += 10s;
  with.submit(url_a);
  with.submit(url_a);
  const auto question = with.inner->take();
  with.fetch("http://b.example/", success(8));
  question->done(still_the_same());
  BOOST_REQUIRE(with.outcomes.size() == 4u);
  for (std::size_t i = 2; i < 4; ++i) {
    BOOST_TEST((with.outcomes[i].code == error_code::none));
    BOOST_TEST(!with.outcomes[i].not_modified);
    BOOST_TEST(with.outcomes[i].measured.width == 5u);
  }
}

BOOST_AUTO_TEST_CASE(a_confirmation_that_nobody_asked_for_is_a_failure) {
  bench with{10s};
  with.fetch(url_a, still_the_same());
  BOOST_TEST((with.outcomes.back().code == error_code::internal));
  BOOST_TEST(!with.outcomes.back().not_modified);
  BOOST_TEST(with.fetch(url_a, success(1)));
}

BOOST_AUTO_TEST_CASE(the_result_that_was_longest_unused_goes_when_there_are_too_many) {
  bench with{10s, 3};
  const auto url = [](int i) { return "http://a.example/" + std::to_string(i); };
  for (int i = 0; i < 3; ++i) BOOST_TEST(with.fetch(url(i), success(1)));
  for (int i = 0; i < 3; ++i) BOOST_TEST(!with.fetch(url(i), success(1)));
  BOOST_TEST(!with.fetch(url(0), success(1)));
  BOOST_TEST(with.fetch(url(3), success(1)));  // pushes 1 out
  BOOST_TEST(!with.fetch(url(0), success(1)));
  BOOST_TEST(!with.fetch(url(2), success(1)));
  BOOST_TEST(!with.fetch(url(3), success(1)));
  BOOST_TEST(with.fetch(url(1), success(1)));
}

BOOST_AUTO_TEST_CASE(a_result_with_much_text_about_it_is_not_remembered) {
  const auto of_size = [](std::size_t bytes) {
    auto result = success(5, file_version{"http://a.example/", "", ""});
    result.version->etag = std::string(100, 'e');
    result.version->last_modified = std::string(30, 'm');
    result.evidence.final_url = std::string(bytes - 100 - 30 - result.version->url.size(), 'f');
    return result;
  };
  bench with{10s};
  with.fetch(url_a, of_size(limits::reuse_text_bytes));
  BOOST_TEST(!with.fetch(url_a, success(1)));
  with.now += 10s;
  BOOST_TEST(with.fetch(url_a, of_size(limits::reuse_text_bytes + 1)));
  BOOST_TEST(with.inner->requests().back().known.has_value());
  BOOST_TEST(with.fetch(url_a, success(1)));
  BOOST_TEST(!with.inner->requests().back().known.has_value());  // nor is what it replaces
}

BOOST_AUTO_TEST_CASE(the_end_answers_everybody_who_waits) {
  bench with;
  for (int i = 0; i < 3; ++i) with.submit(url_a);
  with.submit("http://b.example/");
  with.shared->stop();
  BOOST_TEST(with.inner->stopped);
  BOOST_TEST(with.outcomes.size() == 4u);
  for (const auto& result : with.outcomes) BOOST_TEST((result.code == error_code::internal));
  with.shared->stop();
}

BOOST_AUTO_TEST_CASE(resolving_is_handed_on) {
  bench with;
  std::string found;
  with.shared->resolve("http://a.example/",
                       [&](std::string address) { found = std::move(address); });
  BOOST_TEST(found == "192.0.2.1");
  BOOST_TEST(with.inner->resolved == std::vector<std::string>{"http://a.example/"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(
    under_many_threads_every_submit_is_answered_once_and_no_url_is_fetched_twice_at_once) {
  for (const auto reuse_for : {0ms, 2ms}) {
    auto made = std::make_unique<scripted_engine>();
    auto& inner = *made;
    const auto shared =
        make_sharing_engine(std::move(made), {reuse_for, 3, std::chrono::steady_clock::now});
    constexpr int submitters = 3;
    constexpr int each = 2000;
    std::atomic<int> answered = 0;
    std::atomic<int> confirmations = 0;
    std::atomic<bool> ended = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < submitters; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          shared->submit({"http://a.example/" + std::to_string(i % 5), std::nullopt},
                         [&](const outcome& result) {
                           confirmations += result.not_modified ? 1 : 0;
                           ++answered;
                         });
        }
      });
    }
    std::mutex mutex;
    std::map<std::string, int> open;
    int most = 0;
    std::vector<std::thread> network;
    for (int t = 0; t < 2; ++t) {
      network.emplace_back([&] {
        while (!ended) {
          auto next = inner.take();
          if (!next) {
            std::this_thread::yield();
            continue;
          }
          {
            const std::lock_guard lock{mutex};
            most = std::max(most, ++open[next->what.url]);
          }
          std::this_thread::yield();
          {
            const std::lock_guard lock{mutex};
            --open[next->what.url];
          }
          next->done(next->what.known ? still_the_same() : success(1, version_of("\"1\"")));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    while (answered < submitters * each) std::this_thread::yield();
    ended = true;
    for (auto& thread : network) thread.join();
    shared->stop();
    BOOST_TEST(answered == submitters * each);
    BOOST_TEST(confirmations == 0);
    BOOST_TEST(most == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
