#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using kind = actors::submit_outcome::kind;

BOOST_AUTO_TEST_SUITE(job_flow)

BOOST_AUTO_TEST_CASE(a_job_goes_from_accepted_to_completed_and_every_image_has_its_perimeter) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 2)}, {"S2", urls_on("b.example", 1)}});
  BOOST_TEST(name_of(w.status(job)->state) == "ongoing");
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "completed");
  BOOST_TEST(end.images.succeeded == 3);
  BOOST_TEST(end.failures.empty());
  BOOST_TEST(end.finished_at.has_value());
  const auto images = w.images(job);
  BOOST_REQUIRE_EQUAL(images.size(), 3U);
  for (const auto& image : images) {
    BOOST_TEST(!image.pending);
    BOOST_TEST(perimeter_of(image.result.measured) == 2 * (640 + 480));
  }
  BOOST_TEST(images[2].store_id == "S2");
}

BOOST_AUTO_TEST_CASE(an_accepted_job_is_in_storage_before_the_answer) {
  world w;
  const auto outcome = w.submit(submission_with({{"S1", urls_on("a.example", 5)}}));
  BOOST_REQUIRE(outcome.what == kind::accepted);
  storage::reader other{w.where(), {std::chrono::milliseconds{0}}};
  BOOST_TEST(other.status(outcome.id).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_store_fails_without_a_fetch_and_the_others_go_on) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 2)},
                             {"nowhere", urls_on("b.example", 3)},
                             {"S2", urls_on("c.example", 2)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "failed");
  BOOST_TEST(end.images.succeeded == 4);
  BOOST_TEST(end.images.failed == 3);
  BOOST_REQUIRE_EQUAL(end.failures.size(), 1U);
  BOOST_TEST(end.failures[0].store_id == "nowhere");
  BOOST_TEST(end.failures[0].error == "Store ID does not exist");
  BOOST_TEST(end.failures[0].failed_images == 3);
  BOOST_TEST(w.web->fetched.size() == 4U);
}

BOOST_AUTO_TEST_CASE(the_pool_says_which_origins_of_a_job_are_at_work) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 2)}, {"S2", urls_on("b.example", 1)}});
  auto known = w.origins_at_work(job);
  BOOST_REQUIRE_EQUAL(known.size(), 2U);
  BOOST_TEST(known[0].origin == "http://a.example:80");
  BOOST_TEST(known[0].in_flight == 2U);
  BOOST_TEST(known[1].in_flight == 1U);
  w.kill_job_actors();  // another actor of the job takes over
  w.run_until([&] { return !w.origins_at_work(job).empty(); });
  BOOST_TEST(w.origins_at_work(job).size() == 2U);
  BOOST_TEST(w.origins_at_work(job_id{job.value + 1}).empty());
  w.run_to_end(job);
  BOOST_TEST(w.origins_at_work(job).empty());
}

BOOST_AUTO_TEST_CASE(a_failure_never_stops_the_rest) {
  world w;
  w.web->answers = [](const std::string& url, int) {
    return url.find("/3.jpg") != std::string::npos
               ? imaginary_web::failure(error_code::http_status, 404)
               : imaginary_web::picture();
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 10)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "failed");
  BOOST_TEST(end.images.succeeded == 9);
  BOOST_REQUIRE_EQUAL(end.failures.size(), 1U);
  BOOST_TEST(end.failures[0].error == "The image host answered with an error status (404)");
  BOOST_TEST(w.images(job)[3].result.evidence.http_status == 404);
}

BOOST_AUTO_TEST_CASE(a_url_that_cannot_be_parsed_fails_its_image_only) {
  world w;
  const auto job =
      w.accept({{"S1", {"ftp://a.example/1.jpg", "not a url", "http://a.example/ok.jpg"}}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.succeeded == 1);
  BOOST_TEST(end.images.failed == 2);
  BOOST_TEST(describe(end.failures.at(0).code).name == "invalid_url");
  BOOST_TEST(
      end.failures.at(0).error ==
      "The image URL is not a valid http or https URL: its scheme is neither http nor https");
  BOOST_TEST(w.web->fetched.size() == 1U);
}

BOOST_AUTO_TEST_CASE(neither_a_blocked_address_nor_the_secret_of_a_redirect_is_stored) {
  world w;
  w.web->answers = [](const std::string& url, int) {
    auto b = url.find("/0.jpg") != std::string::npos
                 ? imaginary_web::failure(error_code::blocked_address)
                 : imaginary_web::picture();
    b.outcome.evidence.final_url = "http://10.0.0.1/?signature=secret";
    b.outcome.evidence.address = "10.0.0.1";
    b.outcome.reason = "words that must not be told";
    return b;
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 2)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.failures.at(0).error ==
             "The image URL leads to an address that may not be fetched");
  const auto rows = w.images(job);
  BOOST_TEST(rows[0].result.evidence.final_url == "");
  BOOST_TEST(rows[0].result.evidence.address == "");
  BOOST_TEST(rows[1].result.evidence.final_url == "http://10.0.0.1/");
  BOOST_TEST(rows[1].result.evidence.address == "address of a.example");
}

BOOST_AUTO_TEST_CASE(every_image_gets_exactly_one_result_over_many_pages) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 700)}, {"S2", urls_on("b.example", 301)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(end.images.succeeded == 1001);
  BOOST_TEST(w.web->fetched.size() == 1001U);
  BOOST_TEST(std::set<std::string>(w.web->fetched.begin(), w.web->fetched.end()).size() == 1001U);
}

BOOST_AUTO_TEST_CASE(a_report_is_sent_only_after_the_delay) {
  world_options options;
  options.pool.image.delay_min = 100ms;
  options.pool.image.delay_max = 400ms;
  world w{options};
  const auto before = w.now();
  const auto job = w.accept({{"S1", urls_on("a.example", 200)}});
  w.run_until([&] { return w.status(job)->images.done() > 0; });
  BOOST_TEST((w.now() - before >= 100ms + 10ms));
  w.run_to_end(job);
  // 200 images over 32 connections of 10 ms each, then at most 400 ms, then at most 50 ms until the
  // record.
  BOOST_TEST(
      (w.now() - before >= 300ms));  // the chance that all 200 delays are below it is (2/3)^200
  BOOST_TEST((w.now() - before <= 7 * 10ms + 400ms + 50ms));
}

BOOST_AUTO_TEST_CASE(no_delay_means_no_wait) {
  world_options options;
  options.pool.image.delay_min = options.pool.image.delay_max = 0ms;
  world w{options};
  const auto before = w.now();
  w.run_to_end(w.accept({{"S1", urls_on("a.example", 1)}}));
  BOOST_TEST((w.now() - before <= 10ms));
}

BOOST_AUTO_TEST_CASE(results_wait_for_others_to_be_recorded_with_but_the_last_of_a_run_do_not) {
  world_options options;
  options.pool.image.delay_min = options.pool.image.delay_max = 0ms;
  world w{options};
  w.web->answers = [](const std::string& url, int) {
    return url.ends_with("/1.jpg") ? imaginary_web::failure(error_code::not_an_image)
                                   : imaginary_web::picture();
  };
  auto urls = urls_on("a.example", 3);
  const auto before = w.now();
  const auto job = w.accept({{"S1", urls}});
  w.run_to_end(job);
  BOOST_TEST((w.now() - before <= 10ms));  // three connections, and one batch
  BOOST_TEST(w.status(job)->images.succeeded == 2);
}

BOOST_AUTO_TEST_CASE(a_failed_image_does_not_wait_for_the_gpu) {
  world w;
  w.web->answers = [](const std::string&, int) {
    return imaginary_web::failure(error_code::not_an_image);
  };
  const auto before = w.now();
  w.run_to_end(w.accept({{"S1", urls_on("a.example", 1)}}));
  BOOST_TEST((w.now() - before <= 10ms));
}

BOOST_AUTO_TEST_CASE(a_failure_that_may_pass_is_tried_again_and_the_attempts_are_counted) {
  world w;
  w.web->answers = [](const std::string&, int attempt) {
    return attempt < 3 ? imaginary_web::failure(error_code::http_status, 503)
                       : imaginary_web::picture();
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 3)}});
  const auto end = w.run_to_end(job);
  BOOST_TEST(name_of(end.state) == "completed");
  BOOST_TEST(w.web->fetched.size() == 9U);
  for (const auto& image : w.images(job)) BOOST_TEST(image.result.attempts == 3);
}

BOOST_AUTO_TEST_CASE(attempts_end_at_their_bound) {
  world w;
  w.web->answers = [](const std::string&, int) {
    return imaginary_web::failure(error_code::connect_failed);
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 1)}});
  BOOST_TEST(w.run_to_end(job).images.failed == 1);
  BOOST_TEST(w.web->fetched.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_failure_that_cannot_pass_is_not_tried_again) {
  world w;
  w.web->answers = [](const std::string&, int) {
    return imaginary_web::failure(error_code::http_status, 404);
  };
  w.run_to_end(w.accept({{"S1", urls_on("a.example", 1)}}));
  BOOST_TEST(w.web->fetched.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_that_lasts_is_not_tried_again_whatever_its_code) {
  world w;
  w.web->answers = [](const std::string&, int) {
    auto b = imaginary_web::failure(error_code::protocol_error);
    b.outcome.lasts = true;
    b.outcome.reason = "its headers are longer than 64 KiB";
    return b;
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 1)}});
  BOOST_TEST(w.run_to_end(job).images.failed == 1);
  BOOST_TEST(w.web->fetched.size() == 1U);
}

BOOST_AUTO_TEST_CASE(
    a_failure_that_could_pass_is_not_tried_again_where_the_engine_knows_that_it_will_not) {
  world w;
  w.web->answers = [](const std::string& url, int) {
    auto b = imaginary_web::failure(error_code::truncated, 200);
    b.outcome.lasts = url.find("/0.jpg") != std::string::npos;
    return b;
  };
  const auto urls = urls_on("a.example", 2);
  const auto job = w.accept({{"S1", urls}});
  BOOST_TEST(w.run_to_end(job).images.failed == 2);
  BOOST_TEST(w.web->attempts[urls[0]] == 1);
  BOOST_TEST(w.web->attempts[urls[1]] == 3);
  BOOST_TEST(describe(w.images(job)[0].result.code).name == "truncated");
}

namespace {

imaginary_web::behaviour full_server() {
  auto full = imaginary_web::failure(error_code::origin_unavailable);
  full.outcome.postponed = true;
  full.outcome.retry_after = limits::full_address_retry;
  return full;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_image_whose_server_is_full_loses_no_attempt) {
  world w;
  w.web->answers = [](const std::string&, int fetch) {
    if (fetch <= 20) return full_server();
    return fetch <= 22 ? imaginary_web::failure(error_code::connect_failed)
                       : imaginary_web::picture();
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 1)}});
  BOOST_TEST(w.run_to_end(job).images.succeeded == 1);
  BOOST_TEST(w.images(job)[0].result.attempts == 3);
  BOOST_TEST(w.web->fetched.size() == 23U);
}

BOOST_AUTO_TEST_CASE(
    an_image_whose_server_stays_full_is_postponed_for_so_long_and_then_loses_its_attempts) {
  for (const auto in_line : {0s, 30s}) {
    world w;
    w.web->answers = [in_line](const std::string&, int) {
      auto full = full_server();
      full.latency = in_line;
      return full;
    };
    const auto before = w.now();
    const auto job = w.accept({{"S1", urls_on("a.example", 1)}});
    BOOST_TEST(w.run_to_end(job).images.failed == 1);
    BOOST_TEST(w.images(job)[0].result.attempts == 3);
    BOOST_TEST(describe(w.images(job)[0].result.code).name == "origin_unavailable");
    const auto took = w.now() - before;
    BOOST_TEST((took >= limits::postponed_for && took < limits::postponed_for + 5 * in_line + 15s));
  }
}

BOOST_AUTO_TEST_CASE(
    an_image_that_asks_others_on_its_way_to_a_full_server_is_postponed_less_often) {
  world w;
  w.web->answers = [](const std::string&, int) {
    auto full = full_server();
    full.outcome.asked_others = true;
    return full;
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 1)}});
  BOOST_TEST(w.run_to_end(job).images.failed == 1);
  BOOST_TEST(w.images(job)[0].result.attempts == 3);
  BOOST_TEST(w.web->fetched.size() ==
             static_cast<std::size_t>(limits::postponements_on_the_way) + 3U);
}

BOOST_AUTO_TEST_CASE(a_retry_waits_as_long_as_the_origin_asked) {
  world w;
  w.web->answers = [](const std::string&, int attempt) {
    auto b = attempt == 1 ? imaginary_web::failure(error_code::http_status, 429)
                          : imaginary_web::picture();
    if (attempt == 1) b.outcome.retry_after = 7s;
    return b;
  };
  const auto before = w.now();
  const auto job = w.accept({{"S1", urls_on("a.example", 1)}});
  BOOST_TEST(name_of(w.run_to_end(job).state) == "completed");
  BOOST_TEST((w.now() - before >= 7s));
}

BOOST_AUTO_TEST_CASE(
    ongoing_jobs_in_storage_are_resumed_and_recorded_images_are_not_fetched_again) {
  const auto where = storage::location::shared_memory("resumed");
  storage::writer keeper{where};
  job_id job;
  std::set<std::string> recorded;
  {
    world first{{}, where};
    job = first.accept({{"S1", urls_on("a.example", 500)}});
    first.run_until([&] { return first.status(job)->images.done() >= 100; });
    for (const auto& image : first.images(job)) {
      if (!image.pending) recorded.insert(image.url);
    }
  }  // dropped in the middle: only what was committed is left
  world second{{}, where};
  const auto end = second.run_to_end(job);
  BOOST_TEST(end.images.succeeded == 500);
  BOOST_TEST(recorded.size() >= 100U);
  for (const auto& url : second.web->fetched) BOOST_TEST(recorded.count(url) == 0U);
}

BOOST_AUTO_TEST_CASE(a_job_with_nothing_pending_gets_its_final_state_at_the_start) {
  const auto where = storage::location::shared_memory("nothing pending");
  storage::writer writer{where};
  const auto submission = submission_with({{"S1", urls_on("a.example", 1)}});
  writer.begin();
  const auto job = writer.create_job(*submission, unix_millis{1});
  writer.append(job, *submission, 0, 1);
  writer.publish(job, unix_millis{1});
  writer.commit();
  world w{{}, where};
  BOOST_TEST(name_of(w.run_to_end(job).state) == "completed");
}

BOOST_AUTO_TEST_CASE(a_submission_that_was_not_written_to_its_end_is_deleted_at_the_start) {
  const auto where = storage::location::shared_memory("orphan");
  storage::writer writer{where};
  const auto submission = submission_with({{"S1", urls_on("a.example", 5000)}});
  writer.begin();
  const auto orphan = writer.create_job(*submission, unix_millis{1});
  writer.append(orphan, *submission, 0, 4000);
  writer.commit();
  world w{{}, where};
  BOOST_TEST(!w.status(orphan).has_value());
  BOOST_TEST(storage::reader{where}.staging_jobs().empty());
  const auto next = w.accept({{"S1", urls_on("a.example", 1)}});
  BOOST_TEST(next.value > orphan.value);
}

BOOST_AUTO_TEST_CASE(a_large_submission_is_written_in_slices_and_answers_once_it_is_whole) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 3 * limits::slice_rows + 1)}});
  BOOST_TEST(w.status(job)->images.total == static_cast<std::int64_t>(3 * limits::slice_rows + 1));
  BOOST_TEST(w.images(job).size() == 3 * limits::slice_rows + 1);
}

BOOST_AUTO_TEST_CASE(small_jobs_are_accepted_between_the_slices_of_a_large_one) {
  world w;
  std::vector<std::string> answered;
  const auto remember = [&](std::string name) {
    return actors::reply<actors::submit_outcome>{
        [&answered, name](actors::submit_outcome) { answered.push_back(name); }, {}};
  };
  caf::anon_send(w.supervisor, actors::submit_atom_v,
                 submission_with({{"S1", urls_on("a.example", 20 * limits::slice_rows)}}), no_key,
                 remember("large"));
  caf::anon_send(w.supervisor, actors::submit_atom_v,
                 submission_with({{"S1", urls_on("b.example", 1)}}), no_key, remember("small"));
  w.run_messages();
  w.run_until([&] { return answered.size() == 2; });
  BOOST_TEST(answered.at(0) == "small");
}

BOOST_AUTO_TEST_CASE(recovery_finds_every_job_whether_pages_are_full_or_not) {
  for (const std::size_t jobs :
       {limits::recovery_page - 1, limits::recovery_page, limits::recovery_page + 1}) {
    const auto where = storage::location::shared_memory("recovery of " + std::to_string(jobs));
    storage::writer writer{where};
    const auto submission = submission_with({{"S1", urls_on("a.example", 1)}});
    writer.begin();
    job_id last;
    for (std::size_t i = 0; i < jobs; ++i) {
      last = writer.create_job(*submission, unix_millis{1});
      writer.append(last, *submission, 0, 1);
      writer.publish(last, unix_millis{1});
    }
    writer.commit();
    world w{{}, where};
    BOOST_TEST((w.load().at == actors::phase::ready));
    BOOST_TEST(w.load().ongoing_jobs == static_cast<std::int64_t>(jobs));
    w.run_until([&] { return w.load().ongoing_jobs == 0; });
    BOOST_TEST(name_of(w.status(last)->state) == "completed");
    BOOST_TEST(w.web->fetched.size() == jobs);
  }
}

BOOST_AUTO_TEST_CASE(admission_ends_at_the_bound_of_jobs_and_opens_again) {
  world_options options;
  options.supervisor.max_jobs = 2;
  world w{options};
  const auto one = submission_with({{"S1", urls_on("a.example", 1)}});
  const auto first = w.submit(one);
  BOOST_REQUIRE(first.what == kind::accepted);
  BOOST_REQUIRE(w.submit(one).what == kind::accepted);
  BOOST_TEST((w.submit(one).what == kind::full));
  w.run_to_end(first.id);
  w.run_until([&] { return w.load().ongoing_jobs < 2; });
  BOOST_TEST((w.submit(one).what == kind::accepted));
}

BOOST_AUTO_TEST_CASE(admission_ends_at_the_bound_of_pending_images_and_opens_again) {
  world_options options;
  options.supervisor.max_pending_images = 10;
  world w{options};
  const auto ten = w.submit(submission_with({{"S1", urls_on("a.example", 10)}}));
  BOOST_REQUIRE(ten.what == kind::accepted);
  BOOST_TEST(w.load().pending_images == 10);
  BOOST_TEST((w.submit(submission_with({{"S1", urls_on("b.example", 1)}})).what == kind::full));
  w.run_to_end(ten.id);
  BOOST_TEST(w.load().pending_images == 0);
  const auto never = w.submit(submission_with({{"S1", urls_on("b.example", 11)}}));
  BOOST_TEST((never.what == kind::too_large));
  BOOST_TEST(never.detail == "the job has 11 images; the service takes at most 10");
  BOOST_TEST(
      (w.submit(submission_with({{"S1", urls_on("b.example", 10)}})).what == kind::accepted));
}

BOOST_AUTO_TEST_CASE(a_store_master_that_is_replaced_counts_for_images_read_later) {
  world w;
  caf::anon_send(w.colleagues.store_master, actors::replace_atom_v, world::stores_named({"S9"}));
  w.run_messages();
  BOOST_TEST(name_of(w.run_to_end(w.accept({{"S9", urls_on("a.example", 1)}})).state) ==
             "completed");
  BOOST_TEST(name_of(w.run_to_end(w.accept({{"S1", urls_on("a.example", 1)}})).state) == "failed");
}

BOOST_AUTO_TEST_CASE(at_every_step_of_a_job_every_image_is_accounted_for) {
  world w;
  w.web->answers = [](const std::string& url, int) {
    return url.find("/3.jpg") != std::string::npos
               ? imaginary_web::failure(error_code::http_status, 404)
               : imaginary_web::picture();
  };
  const auto job = w.accept({{"S1", urls_on("a.example", 100)},
                             {"nowhere", urls_on("b.example", 3)},
                             {"S2", urls_on("c.example", 100)}});
  const auto submitted = w.audit(job)->submitted_digest;
  std::size_t differed = 0;
  w.run_until([&] {
    const auto audit = w.audit(job).value();
    BOOST_TEST(audit.conserved);
    BOOST_TEST(audit.images.submitted == 203);
    BOOST_TEST(audit.submitted_digest == submitted);
    BOOST_TEST((audit.recorded_digest == submitted) == (audit.images.pending == 0));
    differed += audit.images.pending > 0;
    return audit.state != job_state::ongoing;
  });
  BOOST_TEST(differed > 1U);
  const auto end = w.audit(job).value();
  BOOST_TEST((end.images == image_tally{203, 198, 5, 0}));
  BOOST_REQUIRE_EQUAL(end.stores.size(), 3U);
  BOOST_TEST((end.stores[1].images == image_tally{3, 0, 3, 0}));
}

BOOST_AUTO_TEST_CASE(an_audit_without_a_waiting_client_is_not_done) {
  world w;
  const auto job = w.accept({{"S1", urls_on("a.example", 2)}});
  const auto reader =
      w.system().spawn(actors::reader, std::make_shared<storage::reader>(w.where()));
  int answers = 0;
  int questions = 0;
  caf::anon_send(reader, actors::audit_atom_v, job,
                 actors::reply<actors::query_outcome<job_audit>>{
                     [&](const actors::query_outcome<job_audit>& o) {
                       ++answers;
                       BOOST_TEST(!o.found.has_value());
                     },
                     {},
                     [&] { return ++questions < 0; }});
  w.run_messages();
  BOOST_TEST(answers == 1);
  BOOST_TEST(questions == 1);
  caf::anon_send_exit(reader, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_SUITE_END()
