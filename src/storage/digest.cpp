#include "storage/digest.hpp"

#include <stdexcept>

#include "core/text.hpp"
#include "crypto/sha256.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::storage {
namespace {

template <class Step>
auto or_storage_error(Step step) {
  try {
    return step();
  } catch (const std::runtime_error& error) {
    throw storage_error{storage_error::kind::other, error.what()};
  }
}

}  // namespace

class text_digest::implementation {
 public:
  crypto::sha256_stream stream;
};

text_digest::text_digest()
    : implementation_{or_storage_error([] { return std::make_unique<implementation>(); })} {}
text_digest::~text_digest() = default;

void text_digest::add(std::string_view text) {
  or_storage_error([&] { implementation_->stream.add(text); });
}

std::string text_digest::end() {
  return "sha256:" + or_storage_error([&] { return hex(implementation_->stream.end()); });
}

}  // namespace retail_pulse::storage
