#include "actors/courier.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "crypto/base64.hpp"
#include "fetch/url/url.hpp"
#include "tests/actors/world.hpp"
#include "webhooks/signature.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

/// Receivers that are a function, in the time of the test clock. Remembers every request.
class imaginary_receivers final : public webhooks::poster {
 public:
  struct answer {
    webhooks::posted result;
    std::chrono::milliseconds latency{10};
  };
  struct request {
    webhooks::post post;
    std::chrono::milliseconds at;
  };

  static answer status(int code, std::chrono::milliseconds latency = 10ms) {
    return {{code / 100 == 2 ? error_code::none : error_code::http_status, code, {}}, latency};
  }
  static answer failure(error_code code, std::chrono::milliseconds latency = 10ms) {
    return {{code, 0, "detail"}, latency};
  }

  explicit imaginary_receivers(world& in) : in_{in}, timer_{in.system().spawn(timer, this)} {}
  ~imaginary_receivers() override { caf::anon_send_exit(timer_, caf::exit_reason::kill); }

  std::function<answer(const webhooks::post&)> answers = [](const webhooks::post&) {
    return status(200);
  };

  std::function<std::string(const std::string&)> leads_to = [](const std::string&) {
    return std::string{};
  };

  void resolve(const std::string& url, webhooks::on_located done) override { done(leads_to(url)); }

  void submit(webhooks::post what, webhooks::on_posted done) override {
    auto given = answers(what);
    requests.push_back({what, in_.now()});
    const auto host = std::get<fetch::url>(fetch::parse_url(what.url)).origin();
    peak = std::max(peak, ++open);
    peak_at[host] = std::max(peak_at[host], ++open_at[host]);
    waiting_[++last_] = [this, host, result = std::move(given.result), done = std::move(done)] {
      --open;
      --open_at[host];
      done(result);
    };
    caf::anon_send(timer_, static_cast<std::int64_t>(given.latency.count()), last_);
  }
  /// As the end of the process: everything open is cancelled.
  void stop() override {
    for (auto& [id, cancelled] : std::exchange(waiting_, {})) {
      (void)id;
      (void)cancelled;
    }
  }

  std::vector<request> requests;
  std::size_t open = 0, peak = 0;
  std::map<std::string, std::size_t> open_at, peak_at;

 private:
  static caf::behavior timer(caf::event_based_actor* self, imaginary_receivers* of) {
    return {
        [=](std::int64_t wait_ms, std::uint64_t id) {
          self->delayed_send(self, std::chrono::milliseconds{wait_ms}, id);
        },
        [=](std::uint64_t id) {
          const auto what = of->waiting_.extract(id);
          if (!what.empty()) what.mapped()();
        },
    };
  }

  world& in_;
  caf::actor timer_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::function<void()>> waiting_;
};

const std::string key(32, 'k');

/// A world with a courier. `restart` puts another one in its place, as the next start of the
/// process does.
class post_office : public world {
 public:
  explicit post_office(int attempts = limits::default_callback_attempts,
                       std::size_t held = limits::callbacks_held,
                       std::size_t at_once = limits::callbacks_at_once)
      : receivers{*this}, attempts_{attempts}, held_{held}, at_once_{at_once} {
    open();
  }
  ~post_office() { close(); }

  /// `before_start` runs when its storage is open.
  void open(const std::function<void()>& before_start = [] {}) {
    actors::courier_settings settings;
    settings.poster = &receivers;
    settings.key = key;
    settings.attempts = attempts_;
    settings.held = held_;
    settings.at_once = at_once_;
    settings.seed = 7;
    settings.clock = [this] { return wall_time(); };
    settings.body = [](const job_status& ended) {
      return std::string{name_of(ended.state)} + " " + std::to_string(ended.images.failed) +
             " of " + std::to_string(ended.images.total);
    };
    auto storage = std::make_shared<storage::reader>(
        where(), storage::session_options{std::chrono::milliseconds{0}});
    before_start();
    courier_ = system().spawn(actors::courier, settings, colleagues.ledger, std::move(storage));
    run_messages();
  }
  void close() {
    receivers.stop();
    caf::anon_send_exit(*courier_, caf::exit_reason::kill);
    courier_.reset();
    run_messages();
  }
  void restart() {
    close();
    open();
  }
  void stop_courier() {
    caf::anon_send(*courier_, actors::stop_atom_v);
    run_messages();
  }

  job_id accept_for(const std::string& url, std::size_t images = 1) {
    auto made = std::make_shared<submission>();
    for (const auto& image : urls_on("a.example", images)) made->add_url(image);
    made->add_visit("S1", "today");
    made->set_callback_url(url);
    return submit(made).id;
  }
  /// A job that ended before there was a courier, written past all actors.
  void leave_pending(const std::string& url) {
    submission made;
    made.add_url("http://a.example/1.jpg");
    made.add_visit("S1", "today");
    made.set_callback_url(url);
    image_result result;
    result.measured = {image_format::jpeg, 1, 1};
    writer().begin();
    const auto job = writer().create_job(made, wall_time());
    writer().append(job, made, 0, 1);
    writer().publish(job, wall_time());
    writer().record(job, run_number{1}, std::vector{result}, wall_time());
    writer().commit();
  }
  std::optional<callback_state> state(job_id job) {
    return storage::reader{where(), {std::chrono::milliseconds{0}}}.callback(job, run_number{1});
  }
  callback_state run_to_end_of_callback(job_id job) {
    run_until([&] { return state(job) && state(job)->standing != callback_standing::pending; });
    return state(job).value();
  }

  /// The webhook-ids of all requests.
  std::set<std::string> told() const {
    std::set<std::string> ids;
    for (const auto& request : receivers.requests) ids.insert(request.post.headers.at(1).value);
    return ids;
  }

  imaginary_receivers receivers;

 private:
  int attempts_;
  std::size_t held_;
  std::size_t at_once_;
  std::optional<actors::courier_actor> courier_;
};

const std::string hook = "https://shop.example/hook?key=1";

}  // namespace

BOOST_AUTO_TEST_SUITE(delivering_callbacks)

BOOST_AUTO_TEST_CASE(the_end_of_a_run_is_delivered_once_with_its_status_and_a_signature) {
  post_office w;
  w.web->answers = [](const std::string& url, int) {
    return url.ends_with("/1.jpg") ? imaginary_web::failure(error_code::http_status, 404)
                                   : imaginary_web::picture();
  };
  const auto job = w.accept_for(hook, 3);
  const auto end = w.run_to_end_of_callback(job);
  BOOST_TEST((end.standing == callback_standing::delivered));
  BOOST_TEST(end.attempts == 1);
  BOOST_TEST(end.last_error == "");
  while (w.step()) {
  }
  BOOST_REQUIRE(w.receivers.requests.size() == 1U);
  const auto& post = w.receivers.requests[0].post;
  BOOST_TEST(post.url == hook);
  BOOST_TEST(post.body == "failed 1 of 3");
  BOOST_REQUIRE(post.headers.size() == 4U);
  BOOST_TEST(post.headers[0].name == "Content-Type");
  BOOST_TEST(post.headers[0].value == "application/json");
  const auto& id = post.headers[1].value;
  const auto known = "job-" + std::to_string(job.value) + "-run-1-" +
                     std::to_string(w.status(job)->submitted_at.count()) + "-";
  BOOST_TEST(id.substr(0, known.size()) == known);
  BOOST_TEST(id.size() == known.size() + 16);  // which database
  const unix_millis signed_at{std::stoll(post.headers[2].value) * 1000};
  BOOST_TEST((w.wall_time() - signed_at < 10s));
  BOOST_TEST(post.headers[3].value ==
             webhooks::signed_headers(key, post.headers[1].value, signed_at, post.body)[2].value);
}

BOOST_AUTO_TEST_CASE(a_job_without_a_callback_url_sends_no_webhook) {
  post_office w;
  BOOST_TEST(name_of(w.run_to_end(w.accept({{"S1", urls_on("a.example", 2)}})).state) ==
             "completed");
  while (w.step()) {
  }
  BOOST_TEST(w.receivers.requests.empty());
}

BOOST_AUTO_TEST_CASE(a_failed_delivery_is_tried_again_after_the_back_off_under_the_same_id) {
  post_office w;
  int asked = 0;
  w.receivers.answers = [&](const webhooks::post&) {
    return imaginary_receivers::status(++asked < 4 ? 500 : 204);
  };
  const auto job = w.accept_for(hook);
  const auto end = w.run_to_end_of_callback(job);
  BOOST_TEST((end.standing == callback_standing::delivered));
  BOOST_TEST(end.attempts == 4);
  const auto& requests = w.receivers.requests;
  BOOST_REQUIRE(requests.size() == 4U);
  for (std::size_t i = 1; i < requests.size(); ++i) {
    const auto waited = requests[i].at - requests[i - 1].at;
    const auto expected = limits::callback_backoff[i - 1];
    BOOST_TEST((waited >= expected * 8 / 10), waited.count());
    BOOST_TEST((waited <= expected * 12 / 10 + 2 * limits::callback_tick), waited.count());
    BOOST_TEST(requests[i].post.headers[1].value == requests[0].post.headers[1].value);
    BOOST_TEST(requests[i].post.headers[2].value !=
               requests[0].post.headers[2].value);  // signed anew
    BOOST_TEST(requests[i].post.body == requests[0].post.body);
  }
}

BOOST_AUTO_TEST_CASE(a_receiver_that_never_takes_it_is_given_up_after_the_last_attempt) {
  for (const int attempts : {1, 3}) {
    post_office w{attempts};
    w.receivers.answers = [](const webhooks::post&) {
      return imaginary_receivers::failure(error_code::connect_failed);
    };
    const auto end = w.run_to_end_of_callback(w.accept_for(hook));
    BOOST_TEST((end.standing == callback_standing::given_up));
    BOOST_TEST(end.attempts == attempts);
    BOOST_TEST(end.last_error == "The receiver refused or dropped the connection");
    while (w.step()) {
    }
    BOOST_TEST(w.receivers.requests.size() == static_cast<std::size_t>(attempts));
  }
}

BOOST_AUTO_TEST_CASE(the_whole_back_off_takes_about_nine_hours) {
  post_office w;
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(503); };
  const auto end = w.run_to_end_of_callback(w.accept_for(hook));
  BOOST_TEST((end.standing == callback_standing::given_up));
  BOOST_TEST(end.attempts == 8);
  BOOST_TEST((w.now() > 7h));
  BOOST_TEST((w.now() < 11h));
}

BOOST_AUTO_TEST_CASE(a_failure_that_lasts_is_given_up_at_once) {
  const std::pair<imaginary_receivers::answer, const char*> rows[] = {
      {imaginary_receivers::status(410), "The receiver answered with status 410"},
      {imaginary_receivers::failure(error_code::invalid_url),
       "The URL is not a valid http or https URL"}};
  for (const auto& [answer, sentence] : rows) {
    post_office w;
    w.receivers.answers = [&](const webhooks::post&) { return answer; };
    const auto end = w.run_to_end_of_callback(w.accept_for(hook));
    BOOST_TEST((end.standing == callback_standing::given_up));
    BOOST_TEST(end.attempts == 1);
    BOOST_TEST(end.last_error == sentence);
  }
}

BOOST_AUTO_TEST_CASE(an_invalid_response_is_reported_with_its_reason) {
  for (const std::string reason : {"", "its headers are longer than 64 KiB"}) {
    post_office w;
    w.receivers.answers = [&](const webhooks::post&) {
      auto answer = imaginary_receivers::failure(error_code::protocol_error);
      answer.result.reason = reason;
      return answer;
    };
    const auto end = w.run_to_end_of_callback(w.accept_for(hook));
    BOOST_TEST(end.last_error ==
               "The receiver's answer cannot be used" + (reason.empty() ? "" : ": " + reason));
  }
}

BOOST_AUTO_TEST_CASE(after_any_other_response_the_delivery_is_tried_again) {
  for (const int status : {301, 400, 401, 404, 429, 500}) {
    post_office w;
    w.receivers.answers = [&](const webhooks::post&) {
      return imaginary_receivers::status(w.receivers.requests.empty() ? status : 200);
    };
    const auto job = w.accept_for(hook);
    w.run_until([&] { return w.state(job) && w.state(job)->attempts == 1; });
    BOOST_TEST(w.state(job)->last_error ==
               "The receiver answered with status " + std::to_string(status));
    BOOST_TEST((w.run_to_end_of_callback(job).standing == callback_standing::delivered));
  }
}

BOOST_AUTO_TEST_CASE(deliveries_in_progress_are_bounded_in_all_and_one_per_origin) {
  post_office w{1, limits::callbacks_held, 8};
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(200, 1s); };
  std::vector<job_id> jobs;
  for (int i = 0; i < 60; ++i)
    jobs.push_back(
        w.accept_for("https://shop" + std::to_string(i % 12) + ".example/" + std::to_string(i)));
  for (const auto job : jobs)
    BOOST_TEST((w.run_to_end_of_callback(job).standing == callback_standing::delivered));
  BOOST_TEST(w.receivers.requests.size() == 60U);
  BOOST_TEST(w.receivers.peak == 7U);  // the eighth place is for those that are slow
  for (const auto& [origin, peak] : w.receivers.peak_at) BOOST_TEST(peak == 1U, origin);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_does_not_answer_holds_up_no_other) {
  post_office w;
  w.receivers.answers = [](const webhooks::post& post) {
    return post.url.find("slow") != std::string::npos
               ? imaginary_receivers::failure(error_code::timed_out, 10s)
               : imaginary_receivers::status(200);
  };
  for (int i = 0; i < 100; ++i) w.accept_for("https://slow.example/" + std::to_string(i));
  const auto healthy = w.accept_for(hook);
  w.run_to_end(healthy);
  const auto ended = w.now();
  w.run_to_end_of_callback(healthy);
  BOOST_TEST((w.now() - ended <= 2s));
}

/// Receivers whose names begin so never answer.
imaginary_receivers::answer silent_if_named_silent(const webhooks::post& post) {
  return post.url.starts_with("https://silent")
             ? imaginary_receivers::failure(error_code::timed_out, limits::callback_deadline)
             : imaginary_receivers::status(200);
}

/// How long after the start of the courier a callback is sent, when so many of silent receivers
/// precede it in the database.
std::chrono::milliseconds wait_behind(std::size_t silent, const std::string& address = {}) {
  post_office w;
  w.close();
  w.receivers.answers = silent_if_named_silent;
  w.receivers.leads_to = [&](const std::string& url) {
    return url.starts_with("https://silent") ? address : std::string{};
  };
  for (std::size_t i = 0; i < silent; ++i)
    w.leave_pending("https://silent" + std::to_string(i) + ".example/");
  w.leave_pending(hook);
  w.open();
  const auto began = w.now();
  w.run_until([&] {
    return std::ranges::any_of(w.receivers.requests,
                               [](const auto& each) { return each.post.url == hook; });
  });
  if (!address.empty()) BOOST_TEST(w.receivers.peak <= 33U);
  return w.now() - began;
}

BOOST_AUTO_TEST_CASE(
    a_first_message_to_a_receiver_waits_as_long_as_the_decision_on_callbacks_says) {
  // 192 places are for unknown receivers, and a silent one has its place for 10 s.
  BOOST_TEST((wait_behind(160) == 0ms));
  BOOST_TEST((wait_behind(191) == 0ms));
  BOOST_TEST((wait_behind(192) >= 10s));
  BOOST_TEST((wait_behind(192) <= 10s + limits::callback_tick));
  BOOST_TEST((wait_behind(999) <= 50s + limits::callback_tick));
}

BOOST_AUTO_TEST_CASE(any_number_of_names_of_one_silent_server_holds_up_no_other_receiver) {
  BOOST_TEST((wait_behind(900, "192.0.2.1") == 0ms));
}

BOOST_AUTO_TEST_CASE(
    a_place_at_a_server_that_a_moved_name_does_not_need_is_given_to_the_next_at_once) {
  post_office w{1, limits::callbacks_held, limits::callbacks_fewest};  // one place per server
  w.close();
  w.receivers.answers = silent_if_named_silent;
  bool has_moved = false;
  w.receivers.leads_to = [&](const std::string& url) {
    return has_moved && url.starts_with("https://silent-moved") ? "" : "192.0.2.1";
  };
  w.leave_pending("https://first.example/");
  w.leave_pending("https://silent-moved.example/");
  w.leave_pending(hook);
  w.open();
  has_moved = true;
  const auto began = w.now();
  w.run_until([&] { return w.receivers.requests.size() == 3; });
  BOOST_TEST((w.now() - began < limits::callback_tick));
}

BOOST_AUTO_TEST_CASE(
    silent_names_and_ports_at_its_own_address_do_not_hold_up_a_receiver_that_has_answered) {
  post_office w;
  w.close();
  w.receivers.answers = silent_if_named_silent;
  w.receivers.leads_to = [](const std::string&) { return std::string{"192.0.2.1"}; };
  for (std::size_t i = 0; i < 160; ++i)
    w.leave_pending("https://silent.example:" + std::to_string(7000 + i) + "/");
  w.leave_pending(hook);
  w.open();
  const auto began = w.now();
  w.run_until([&] { return w.receivers.requests.size() == 161; });
  BOOST_TEST((w.now() - began == 0ms));  // not even before it had
  for (std::size_t i = 0; i < 1000; ++i)
    w.leave_pending("https://silent" + std::to_string(i) + ".example/");  // its own port
  const auto healthy = w.accept_for(hook);
  w.run_to_end(healthy);
  const auto ended = w.now();
  w.run_to_end_of_callback(healthy);
  BOOST_TEST((w.now() - ended <= 1s));
}

BOOST_AUTO_TEST_CASE(a_receiver_that_has_answered_waits_for_no_number_of_silent_ones) {
  post_office w;
  w.receivers.answers = silent_if_named_silent;
  w.run_to_end_of_callback(w.accept_for(hook));
  for (std::size_t i = 0; i < 1000; ++i)
    w.leave_pending("https://silent" + std::to_string(i) + ".example/");
  const auto healthy = w.accept_for(hook);
  w.run_to_end(healthy);
  const auto ended = w.now();
  w.run_to_end_of_callback(healthy);
  BOOST_TEST(w.receivers.peak > 192U);  // they were in progress
  BOOST_TEST((w.now() - ended <= 1s));
}

BOOST_AUTO_TEST_CASE(second_messages_to_receivers_that_were_silent_are_few_at_once) {
  post_office w;
  w.close();
  w.receivers.answers = silent_if_named_silent;
  for (std::size_t i = 0; i < 160; ++i)
    w.leave_pending("https://silent" + std::to_string(i) + ".example/");
  w.open();
  w.run_until([&] { return w.receivers.requests.size() == 160 && w.receivers.open == 0; });
  BOOST_TEST(w.receivers.peak == 160U);
  w.receivers.peak = 0;
  w.run_until([&] { return w.receivers.requests.size() == 320 && w.receivers.open == 0; });
  BOOST_TEST(w.receivers.peak == 32U);
}

BOOST_AUTO_TEST_CASE(webhooks_in_progress_at_the_end_of_the_process_are_delivered_by_the_next) {
  post_office w;
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(200, 8s); };
  const auto job = w.accept_for(hook);
  w.run_until([&] { return w.receivers.open == 1; });
  w.restart();
  BOOST_TEST(w.state(job)->attempts == 0);
  BOOST_TEST((w.run_to_end_of_callback(job).standing == callback_standing::delivered));
  BOOST_REQUIRE(w.receivers.requests.size() == 2U);
  BOOST_TEST(w.receivers.requests[0].post.headers[1].value ==
             w.receivers.requests[1].post.headers[1].value);
}

BOOST_AUTO_TEST_CASE(a_restart_neither_forgets_attempts_nor_hurries_the_next) {
  post_office w{2};
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(500); };
  const auto job = w.accept_for(hook);
  w.run_until([&] { return w.state(job) && w.state(job)->attempts == 1; });
  const auto due = w.state(job)->due_at;
  w.restart();
  BOOST_TEST((w.run_to_end_of_callback(job).standing == callback_standing::given_up));
  BOOST_REQUIRE(w.receivers.requests.size() == 2U);
  BOOST_TEST((unix_millis{1'700'000'000'000} + w.receivers.requests[1].at >= due));
}

BOOST_AUTO_TEST_CASE(more_than_a_page_of_pending_callbacks_is_delivered_after_a_start) {
  post_office w;
  w.close();
  constexpr std::size_t many = limits::callbacks_page + 1;
  for (std::size_t i = 0; i < many; ++i)
    w.leave_pending("https://shop" + std::to_string(i % 40) + ".example/");
  w.open();
  w.run_until([&] { return w.told().size() == many && w.receivers.open == 0; });
  while (w.step()) {
  }
  BOOST_TEST(w.told().size() == many);
  BOOST_TEST(w.receivers.requests.size() == many);
}

BOOST_AUTO_TEST_CASE(
    failed_webhooks_delay_no_first_delivery_however_many_they_are_and_none_is_forgotten) {
  constexpr std::size_t held = 3 * limits::callbacks_page, many = 2 * held + 2;
  post_office w{2, held};
  w.close();
  for (std::size_t i = 0; i < many; ++i)
    w.leave_pending("https://shop" + std::to_string(i % 40) + ".example/");
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(500, 0ms); };
  w.open();
  const auto began = w.now();
  w.run_until([&] { return w.receivers.requests.size() == many; });
  BOOST_TEST(w.told().size() == many);  // no receiver has had a second one yet
  BOOST_TEST((w.now() - began < limits::callback_backoff[0]));
  while (w.step()) {
  }
  BOOST_TEST(w.receivers.requests.size() == 2 * many);
  BOOST_TEST((w.now() - began < 10min));
}

BOOST_AUTO_TEST_CASE(after_a_start_webhooks_that_failed_before_delay_no_first_delivery) {
  constexpr std::size_t held = 2 * limits::callbacks_page, many = held + 2;
  post_office w{3, held};
  w.close();
  for (std::size_t i = 0; i < many; ++i)
    w.leave_pending("https://shop" + std::to_string(i % 40) + ".example/");
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(500, 0ms); };
  w.open();
  w.run_until([&] { return w.receivers.requests.size() == many; });
  w.restart();
  const auto ended = w.accept_for(hook);
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(200); };
  BOOST_TEST((w.run_to_end_of_callback(ended).standing == callback_standing::delivered));
  BOOST_TEST(w.state(ended)->attempts == 1);
  while (w.step()) {
  }
  storage::reader left{w.where(), {std::chrono::milliseconds{0}}};
  BOOST_TEST(left.pending_callbacks(0, 1).empty());
}

BOOST_AUTO_TEST_CASE(
    an_outcome_that_storage_refuses_is_noted_later_and_the_message_not_sent_again) {
  post_office w;
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(200, 1s); };
  const auto job = w.accept_for(hook);
  w.run_until([&] { return w.receivers.open == 1; });
  storage::writer other{w.where(), {std::chrono::milliseconds{0}}};
  other.begin();
  for (int step = 0; step < 10; ++step) w.step();
  BOOST_TEST(w.receivers.open == 0U);
  other.rollback();
  BOOST_TEST((w.state(job)->standing == callback_standing::pending));
  BOOST_TEST((w.run_to_end_of_callback(job).standing == callback_standing::delivered));
  BOOST_TEST(w.state(job)->attempts == 1);
  BOOST_TEST(w.receivers.requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(callbacks_that_cannot_be_read_at_the_start_are_read_later) {
  post_office w;
  w.close();
  w.leave_pending(hook);
  storage::writer other{w.where(), {std::chrono::milliseconds{0}}};
  w.open([&] {
    other.begin();
    other.create_job(submission{},
                     unix_millis{1});  // a database in memory cannot be read during a write
  });
  for (int step = 0; step < 5; ++step) w.step();
  BOOST_TEST(w.receivers.requests.empty());
  other.rollback();
  w.run_until([&] { return w.told().size() == 1; });
  BOOST_TEST(w.receivers.requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_as_internal_or_has_no_good_image_sends_a_webhook) {
  post_office w;
  w.web->answers = [](const std::string&, int) {
    return imaginary_web::failure(error_code::not_an_image);
  };
  const auto failed = w.accept_for(hook);
  w.run_to_end_of_callback(failed);
  w.web->answers = [](const std::string&, int) { return imaginary_web::picture(1, 1, 60s); };
  const auto broken = w.accept_for(hook, 5);
  for (int deaths = 0; deaths <= limits::job_restarts; ++deaths) {
    w.run_until([&] { return w.load().fetches > 0; });
    w.kill_job_actors();
  }
  w.run_to_end_of_callback(broken);
  BOOST_REQUIRE(w.receivers.requests.size() == 2U);
  BOOST_TEST(w.receivers.requests[0].post.body == "failed 1 of 1");
  BOOST_TEST(w.receivers.requests[1].post.body == "failed 5 of 5");
}

BOOST_AUTO_TEST_CASE(a_courier_that_stops_begins_no_delivery_and_notes_those_under_way) {
  post_office w;
  w.receivers.answers = [](const webhooks::post&) { return imaginary_receivers::status(200, 2s); };
  const auto under_way = w.accept_for("https://a.example/");
  w.run_until([&] { return w.receivers.open == 1; });
  w.stop_courier();
  const auto later = w.accept_for("https://b.example/");
  w.run_to_end(later);
  while (w.step()) {
  }
  BOOST_TEST((w.state(under_way)->standing == callback_standing::delivered));
  BOOST_TEST((w.state(later)->standing == callback_standing::pending));
  BOOST_TEST(w.receivers.requests.size() == 1U);
  w.restart();
  BOOST_TEST((w.run_to_end_of_callback(later).standing == callback_standing::delivered));
}

BOOST_AUTO_TEST_SUITE_END()
