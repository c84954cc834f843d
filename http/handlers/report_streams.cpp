#include "http/handlers/report_streams.hpp"

#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/response/report_json.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

/// One stream of pages. It is owned by the query that it has sent, or by the chunk that it has
/// written; so it ends when neither comes to an end.
template <class Page>
class page_stream : public std::enable_shared_from_this<page_stream<Page>> {
 public:
  explicit page_stream(stream_order order) : order_{std::move(order)} {}
  virtual ~page_stream() = default;

  void ask() {
    // Bounded by the number of streams, each of which has one query at a time.
    order_.readers->ask_in_any_case(
        order_.client,
        [self = this->shared_from_this()](const report_reader_actor& reader, const permit& turn) {
          reply<query_outcome<Page>> to{
              [self, turn](query_outcome<Page> outcome) { self->take(std::move(outcome)); },
              {},
              [self] { return self->is_wanted(); }};
          self->send_query(reader, std::move(to));
        });
  }

 protected:
  virtual void send_query(const report_reader_actor& reader, reply<query_outcome<Page>> to) = 0;
  virtual response head() const = 0;
  virtual rejection absent() const = 0;  ///< when there is no page at all
  /// The page as text; the position of the query moves behind it.
  virtual std::string text_of(const Page& page) = 0;
  virtual bool ended() const = 0;

  const stream_order order_;

 private:
  bool is_wanted() const { return body_ ? body_->open() : order_.answer.waits(); }

  void take(query_outcome<Page> outcome) {
    if (!is_wanted()) return;
    if (!outcome.found) {
      const auto why = rejection_of(outcome, absent(),
                                    body_ ? "a report is broken off" : "a report could not be read",
                                    order_.answer);
      if (!body_) order_.answer.reject(why);
      return;  // without an end of the body
    }
    if (!body_) body_ = order_.answer.stream(head());
    if (body_) write(text_of(*outcome.found));  // else the client got a 503 at the deadline
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
      : page_stream{std::move(order)},
        question_{job, {}, image_number{-1}, limits::streamed_rows},
        form_{form} {}

 private:
  void send_query(const report_reader_actor& reader, reply<query_outcome<image_page>> to) override {
    caf::anon_send(reader, images_atom_v, question_, std::move(to));
  }

  response head() const override {
    const bool csv = form_ != report_form::lines;
    const std::string name =
        "job-" + std::to_string(question_.job.value) + (csv ? ".csv" : ".ndjson");
    response r;
    r.headers.push_back({"Content-Type", csv ? "text/csv; charset=utf-8" : "application/x-ndjson"});
    r.headers.push_back({"Content-Disposition", "attachment; filename=\"" + name + "\""});
    r.headers.push_back({"Cache-Control", "no-store"});
    return r;
  }

  rejection absent() const override { return no_such_job(std::to_string(question_.job.value)); }

  std::string text_of(const image_page& page) override {
    std::string text;
    const bool csv = form_ != report_form::lines;
    const bool first = question_.after.value < 0;
    if (first && form_ == report_form::csv_with_mark) text = byte_order_mark;
    if (first && csv) text += csv_header();
    text += csv ? csv_rows(page) : image_lines(page);
    ended_ = !page.next;
    if (page.next) question_.after = *page.next;
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
      : page_stream{std::move(order)},
        question_{std::move(of), std::move(days), {}, limits::streamed_rows} {}

 private:
  void send_query(const report_reader_actor& reader,
                  reply<query_outcome<visits_page>> to) override {
    caf::anon_send(reader, visits_atom_v, question_, std::move(to));
  }

  response head() const override {
    response r;
    r.headers.push_back({"Content-Type", "application/json"});
    r.headers.push_back({"Cache-Control", "no-store"});
    return r;
  }

  rejection absent() const override {
    return internal_error();
  }  // does not happen: there always is a page

  std::string text_of(const visits_page& page) override {
    // Stores without visits make an empty page; the line feed keeps the client, and every proxy,
    // from giving up.
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
