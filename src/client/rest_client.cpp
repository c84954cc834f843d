#include "client/rest_client.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <utility>

#include "client/answers.hpp"
#include "client/base_url.hpp"
#include "client/bounded_stream.hpp"
#include "core/limits.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace retail_pulse::client {
namespace {

client_error nonsense(std::string_view path, std::string_view what) {
  return {client_error::kind::nonsense,
          "the response to " + std::string{path} + " " + std::string{what}, 0};
}

/// The seconds of a Retry-After; its other form, a date, is ignored.
std::optional<std::chrono::seconds> retry_after_of(const httplib::Response& response) {
  const auto seconds = whole_number<std::int32_t>(response.get_header_value("Retry-After"));
  return seconds ? std::optional{std::chrono::seconds{*seconds}} : std::nullopt;
}

client_error error_response(const httplib::Response& response, std::string_view body) {
  const int status = response.status;
  // A gateway that gave up waiting does not know what the service behind it did.
  const bool may_have_arrived = status == 500 || status == 502 || status == 504;
  return {client_error::kind::refused,
          sentence_of(body).value_or("HTTP status " + std::to_string(status)), status,
          retry_after_of(response), may_have_arrived};
}

/// Whether the error came before the request was sent.
bool before_sending(httplib::Error error) {
  using enum httplib::Error;
  return error == Connection || error == BindIPAddress || error == ConnectionTimeout ||
         error == SSLConnection || error == SSLLoadingCerts || error == SSLServerVerification;
}

std::string_view text_of(httplib::Error error) {
  using enum httplib::Error;
  switch (error) {
    case Connection:
      return "connection refused or no response";
    case ConnectionTimeout:
      return "no response in time";
    case Read:
      return "no complete response";
    case Write:
      return "the connection was lost while sending";
    case SSLConnection:
      return "TLS failed";
    case SSLServerVerification:
      return "TLS failed: its certificate is not trusted";
    case SSLLoadingCerts:
      return "TLS failed: the trusted certificates cannot be read";
    default:
      return "the request failed";
  }
}

/// Without one of these headers, a truncated response looks like a complete one.
bool has_known_end(const httplib::Response& response) {
  return response.has_header("Content-Length") ||
         response.get_header_value("Transfer-Encoding") == "chunked";
}

/// Whether the body is of the media type, as it is: another server may send a page in its place.
bool is_plain(const httplib::Response& response, std::string_view media_type) {
  const auto type = response.get_header_value("Content-Type");
  return same_word(std::string_view{type}.substr(0, type.find(';')), media_type) &&
         !response.has_header("Content-Encoding");
}

std::string_view name_of(results_format format) {
  switch (format) {
    case results_format::csv:
      return "results.csv";
    case results_format::csv_with_mark:
      return "results.csv?bom=1";
    case results_format::ndjson:
      break;
  }
  return "results.ndjson";
}

std::string path_of(job_id job, std::string_view what) {
  return "/api/jobs/" + std::to_string(job.value) + "/" + std::string{what};
}

}  // namespace

/// A client of cpp-httplib with bounded reads and writes on its connections.
template <class Client>
class bounded_client final : public Client {
 public:
  bounded_client(const base_url& base, exchange_bounds& bounds)
      : Client{base.host, base.port}, bounds_{bounds} {}

 private:
  bool process_socket(const typename Client::Socket& socket,
                      std::function<bool(httplib::Stream&)> callback) override {
    bounded_stream stream{socket.sock, socket.ssl, bounds_};
    return callback(stream);
  }

  exchange_bounds& bounds_;
};

class rest_client::implementation {
 public:
  implementation(const base_url& base, timeouts limits)
      : origin_{base.origin()}, prefix_{base.prefix}, limits_{limits} {
    if (base.tls) {
      http_ = std::make_unique<bounded_client<httplib::SSLClient>>(base, bounds_);
    } else {
      http_ = std::make_unique<bounded_client<httplib::ClientImpl>>(base, bounds_);
    }
    http_->set_keep_alive(true);
    http_->set_tcp_nodelay(true);
    http_->set_decompress(false);
    http_->set_connection_timeout(limits.connect);
    http_->set_read_timeout(limits.answer);
    http_->set_write_timeout(limits.answer);
  }

  using answer = std::variant<httplib::Response, client_error>;
  /// `most`: the largest possible response, in bytes.
  answer get(const std::string& path, std::size_t most) {
    begin({.body_bytes = most});
    return whole(path, http_->Get(prefix_ + path));
  }
  answer post(const std::string& path, const httplib::Headers& headers, const std::string& body,
              std::size_t most) {
    begin({.body_bytes = most});
    return whole(path, http_->Post(prefix_ + path, headers, body, "application/json"));
  }

  std::variant<std::string, client_error> order(const std::string& path) {
    auto answered = post(path, {}, "", limits::status_answer_bytes);
    if (auto* error = std::get_if<client_error>(&answered)) return std::move(*error);
    const auto& response = std::get<httplib::Response>(answered);
    if (response.status != 202) return error_response(response, response.body);
    auto line = one_line(response.body);
    if (!line) return nonsense(path, "is not JSON");
    return *std::move(line);
  }

  std::variant<transfer, client_error> stream(const std::string& path, std::string_view media_type,
                                              const receiver& take) {
    httplib::Response head;
    head.status = 0;  // no response yet
    std::string error_body;
    bool stopped = false;
    begin({.is_stream = true});
    const auto result = http_->Get(
        prefix_ + path,
        [&](const httplib::Response& response) {
          head.status = response.status;
          head.headers = response.headers;
          return response.status != 200 ||
                 (has_known_end(response) && is_plain(response, media_type));
        },
        [&](const char* data, std::size_t size) {
          if (head.status != 200)
            return error_body.append(data, size).size() < limits::answer_bytes;
          stopped = !take({data, size});
          return !stopped;
        });
    if (stopped) return transfer::stopped;
    if (!bounds_.exceeded.empty()) return nonsense(path, bounds_.exceeded);
    if (head.status != 0 && head.status != 200) return error_response(head, error_body);
    if (head.status == 200 && !has_known_end(head))
      return nonsense(path, "has neither a length nor chunks");
    if (head.status == 200 && !is_plain(head, media_type))
      return nonsense(path, "is not " + std::string{media_type});
    if (head.status == 200 && (!result || hung_up()))
      return client_error{client_error::kind::broken_off,
                          "the response of " + origin_ + " ended early", 0};
    if (!result) return failure(result.error());
    return transfer::whole;
  }

 private:
  /// Whether the service closed the connection unannounced. cpp-httplib takes a response for
  /// complete that was cut between the CR and the LF after a chunk; this is how to notice.
  bool hung_up() const {
    char next = 0;
    return http_->is_socket_open() > 0 &&
           recv(http_->socket(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  void begin(exchange_bounds bounds) {
    bounds_ = std::move(bounds);
    bounds_.pause = limits_.answer;
    bounds_.deadline = std::chrono::steady_clock::now() + limits_.whole;
  }

  answer whole(const std::string& path, httplib::Result result) const {
    if (!bounds_.exceeded.empty())
      return nonsense(path.substr(0, path.find('?')), bounds_.exceeded);
    if (result) return std::move(result.value());
    return failure(result.error());
  }

  client_error failure(httplib::Error error) const {
    return {client_error::kind::unreachable,
            origin_ + " cannot be reached: " + std::string{text_of(error)}, 0, std::nullopt,
            !before_sending(error)};
  }

  std::string origin_;
  std::string prefix_;
  timeouts limits_;
  exchange_bounds bounds_;  ///< of the current call
  std::unique_ptr<httplib::ClientImpl> http_;
};

std::variant<rest_client, client_error> rest_client::for_url(std::string_view text,
                                                             timeouts limits) {
  const auto base = parse_base_url(text);
  if (!base) {
    return client_error{
        client_error::kind::bad_url,
        "'" + std::string{text} + "' is not the URL of a service, such as http://127.0.0.1:8080",
        0};
  }
  return rest_client{std::make_unique<implementation>(*base, limits)};
}

rest_client::rest_client(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
rest_client::rest_client(rest_client&& other) noexcept = default;
rest_client& rest_client::operator=(rest_client&& other) noexcept = default;
rest_client::~rest_client() = default;

std::variant<bool, client_error> rest_client::ready() {
  auto answer = implementation_->get("/readyz", limits::answer_bytes);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  return std::get<httplib::Response>(answer).status == 200;
}

std::variant<receipt, client_error> rest_client::submit(const std::string& document,
                                                        const std::string& idempotency_key) {
  httplib::Headers headers;
  if (!idempotency_key.empty()) headers.emplace("Idempotency-Key", idempotency_key);
  auto answer = implementation_->post("/api/submit", headers, document, limits::answer_bytes);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 201) return error_response(response, response.body);
  auto accepted = receipt_of(response.body);
  if (!accepted) return nonsense("/api/submit", "has no job id");
  accepted->replayed = response.get_header_value("Idempotency-Replayed") == "true";
  return *std::move(accepted);
}

std::variant<status_response, client_error> rest_client::status(job_id job,
                                                                std::chrono::seconds wait) {
  std::string path = "/api/status?jobid=" + std::to_string(job.value);
  if (wait.count() > 0) path += "&wait=" + std::to_string(wait.count());
  auto answer = implementation_->get(path, limits::status_answer_bytes);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 200) return error_response(response, response.body);
  auto report = status_of(response.body);
  if (!report) return nonsense("/api/status", "is not the status of a job");
  return *std::move(report);
}

std::variant<std::vector<std::string>, client_error> rest_client::origins_away(job_id job) {
  const auto path = "/api/jobs/" + std::to_string(job.value);
  auto answer = implementation_->get(path, limits::status_answer_bytes);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 200) return error_response(response, response.body);
  auto origins = origins_away_of(response.body);
  if (!origins) return nonsense(path, "is not the report of a job");
  return *std::move(origins);
}

std::variant<std::optional<away_origin>, client_error> rest_client::away_origin_of(
    job_id job, const std::string& origin) {
  auto answer = implementation_->get(path_of(job, "origins?origin=" + percent_encoded(origin)),
                                     limits::answer_bytes);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 200) return error_response(response, response.body);
  auto origins = away_origins_of(response.body);
  if (!origins) return nonsense(path_of(job, "origins"), "is not a list of origins");
  if (origins->empty()) return std::nullopt;
  return std::move(origins->front());
}

std::variant<std::string, client_error> rest_client::cancel(job_id job) {
  return implementation_->order(path_of(job, "cancel"));
}

std::variant<std::string, client_error> rest_client::redrive(job_id job) {
  return implementation_->order(path_of(job, "redrive"));
}

std::variant<listed_page, client_error> rest_client::images(job_id job, const std::string& cursor,
                                                            std::size_t limit) {
  std::string path = path_of(job, "images?limit=" + std::to_string(limit));
  if (!cursor.empty()) path += "&cursor=" + percent_encoded(cursor);
  auto answer = implementation_->get(path, limits::page_answer_bytes);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 200) return error_response(response, response.body);
  auto page = listed_page_of(response.body);
  if (!page) return nonsense(path_of(job, "images"), "is not a list of images");
  return *std::move(page);
}

std::variant<transfer, client_error> rest_client::results(job_id job, results_format format,
                                                          const receiver& take) {
  const auto media_type = format == results_format::ndjson ? "application/x-ndjson" : "text/csv";
  return implementation_->stream(path_of(job, name_of(format)), media_type, take);
}

}  // namespace retail_pulse::client
