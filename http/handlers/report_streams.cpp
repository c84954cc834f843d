#include "http/handlers/report_streams.hpp"

#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "http/handlers/handling.hpp"
#include "http/response/report_json.hpp"
#include "http/response/responses.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

/// One stream of pages. It lives in the question it has asked, or in the chunk it has written; so it goes when nobody answers any more.
template <class Page>
class page_stream : public std::enable_shared_from_this<page_stream<Page>> {
 public:
  explicit page_stream(stream_order order) : order_{std::move(order)} {}
  virtual ~page_stream() = default;

  void ask() {
    // Bounded by the streams, each of which asks once at a time.
    order_.readers->ask_in_any_case(
        order_.client, [self = this->shared_from_this()](const report_reader_actor& reader, const std::shared_ptr<void>& turn) {
          reply<report_outcome<Page>> to{
              [self, turn](report_outcome<Page> outcome) { self->take(std::move(outcome)); }, {}, [self] { return self->is_wanted(); }};
          self->send_question(reader, std::move(to));
        });
  }

 protected:
  virtual void send_question(const report_reader_actor& reader, reply<report_outcome<Page>> to) = 0;
  virtual response head() const = 0;
  virtual response not_there() const = 0;
  virtual response failed(const report_outcome<Page>& outcome) const = 0;
  /// The page as text; what is to be read next is moved behind it.
  virtual std::string text_of(const Page& page) = 0;
  virtual bool ended() const = 0;

  const stream_order order_;

 private:
  bool is_wanted() const { return body_ ? body_->open() : order_.answer.waits(); }

  void take(report_outcome<Page> outcome) {
    if (outcome.what != report_outcome<Page>::kind::told) {
      const bool lost = outcome.what == report_outcome<Page>::kind::lost;
      if (!is_wanted()) return;
      log_failure(order_.request_id, body_ ? "a report is broken off" : "a report could not be read", lost ? actor_ended : outcome.detail);
      if (!body_) order_.answer(failed(outcome));
      return;  // without an end of the body
    }
    if (!body_) {
      if (!outcome.found) return order_.answer(not_there());
      body_ = order_.answer.stream(head());
      if (!body_) return;  // told to come back
    }
    if (!outcome.found) return;  // jobs are never deleted; were one, its report has no end
    write(text_of(*outcome.found));
  }

  void write(std::string text) {
    if (ended()) {
      body_->write(std::move(text), [](bool) {});
      return body_->end();
    }
    body_->write(std::move(text), [self = this->shared_from_this()](bool ok) {
      if (ok) self->ask();
    });
  }

  std::shared_ptr<body_writer> body_;
};

class report_stream final : public page_stream<image_page> {
 public:
  report_stream(stream_order order, job_id job, report_form form)
      : page_stream{std::move(order)}, question_{job, {}, image_number{-1}, limits::streamed_rows}, form_{form} {}

 private:
  void send_question(const report_reader_actor& reader, reply<report_outcome<image_page>> to) override {
    caf::anon_send(reader, images_atom_v, question_, std::move(to));
  }

  response head() const override {
    const bool csv = form_ != report_form::lines;
    const std::string name = "job-" + std::to_string(question_.job.value) + (csv ? ".csv" : ".ndjson");
    response r;
    r.headers.push_back({"Content-Type", csv ? "text/csv; charset=utf-8" : "application/x-ndjson"});
    r.headers.push_back({"Content-Disposition", "attachment; filename=\"" + name + "\""});
    r.headers.push_back({"Cache-Control", "no-store"});
    return r;
  }

  response not_there() const override { return problem_no_such_job(std::to_string(question_.job.value), order_.path); }

  response failed(const report_outcome<image_page>& outcome) const override {
    if (outcome.what == report_outcome<image_page>::kind::lost) return problem_internal(order_.request_id, order_.path);
    return problem_unavailable(storage_sentence(outcome.reason), order_.path);
  }

  std::string text_of(const image_page& page) override {
    std::string text;
    const bool csv = form_ != report_form::lines;
    const bool first = question_.after.value < 0;
    if (first && form_ == report_form::csv_with_mark) text = byte_order_mark;
    if (first && csv) text += csv_header();
    text += csv ? csv_rows(page) : image_lines(page);
    ended_ = !page.more;
    if (page.more) question_.after = page.images.back().number;
    return text;
  }

  bool ended() const override { return ended_; }

  images_question question_;
  const report_form form_;
  bool ended_ = false;
};

class visits_stream final : public page_stream<visits_page> {
 public:
  visits_stream(stream_order order, store_selection of, day_range days)
      : page_stream{std::move(order)}, question_{std::move(of), std::move(days), {}, limits::streamed_rows} {}

 private:
  void send_question(const report_reader_actor& reader, reply<report_outcome<visits_page>> to) override {
    caf::anon_send(reader, visits_atom_v, question_, std::move(to));
  }

  response head() const override {
    response r;
    r.headers.push_back({"Content-Type", "application/json"});
    r.headers.push_back({"Cache-Control", "no-store"});
    return r;
  }

  response not_there() const override { return internal_error(order_.request_id); }  // a page of visits always is

  response failed(const report_outcome<visits_page>& outcome) const override {
    if (outcome.what == report_outcome<visits_page>::kind::lost) return internal_error(order_.request_id);
    return unavailable(storage_sentence(outcome.reason));
  }

  std::string text_of(const visits_page& page) override {
    // Stores without a visit make an empty page; the blank tells the client, and every server between, that something is going on.
    std::string text = begun_ ? "" : R"({"results":[)";
    begun_ = true;
    for (const auto& store : page.stores) add(text, store);
    ended_ = !page.next;
    if (page.next) {
      question_.from = *page.next;
    } else {
      text += current_ != nullptr ? "]}]}" : "]}";
    }
    return text.empty() ? "\n" : text;
  }

  bool ended() const override { return ended_; }

  void add(std::string& text, const store_perimeters& store) {
    const bool goes_on = store.store == current_;
    if (!goes_on) text.append(current_ != nullptr ? "]}," : "").append(visits_entry(*store.store));
    current_ = store.store;
    bool first = !goes_on;
    for (const auto& row : store.rows) {
      if (!std::exchange(first, false)) text += ',';
      text += visits_row(row);
    }
  }

  visits_question question_;
  const stores::store* current_ = nullptr;  ///< whose entry is open; of the question's table
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

void stream_report(stream_order order, job_id job, report_form form) {
  std::make_shared<report_stream>(std::move(order), job, form)->ask();
}

void stream_visits(stream_order order, store_selection of, day_range days) {
  std::make_shared<visits_stream>(std::move(order), std::move(of), std::move(days))->ask();
}

}  // namespace retail_pulse::http
