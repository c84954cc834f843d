// Runs every input of the corpus through its target: `fuzz_corpus FOLDER`, where FOLDER has one
// folder per target. Prints how many there were of each. An input that breaks a property ends the
// program; its name is the last one on standard error.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
int fuzz_address(const std::uint8_t*, std::size_t);
int fuzz_chunked(const std::uint8_t*, std::size_t);
int fuzz_content_coding(const std::uint8_t*, std::size_t);
int fuzz_csv_table(const std::uint8_t*, std::size_t);
int fuzz_framing(const std::uint8_t*, std::size_t);
int fuzz_image(const std::uint8_t*, std::size_t);
int fuzz_intake(const std::uint8_t*, std::size_t);
int fuzz_response_head(const std::uint8_t*, std::size_t);
int fuzz_retry_after(const std::uint8_t*, std::size_t);
int fuzz_shown_text(const std::uint8_t*, std::size_t);
int fuzz_store_master(const std::uint8_t*, std::size_t);
int fuzz_submission(const std::uint8_t*, std::size_t);
int fuzz_url(const std::uint8_t*, std::size_t);
}

namespace {

struct target {
  std::string_view folder;
  int (*run)(const std::uint8_t*, std::size_t);
};

constexpr target targets[] = {
    {"address", fuzz_address},
    {"chunked", fuzz_chunked},
    {"content_coding", fuzz_content_coding},
    {"csv_table", fuzz_csv_table},
    {"framing", fuzz_framing},
    {"image_avif", fuzz_image},
    {"image_bmp", fuzz_image},
    {"image_gif", fuzz_image},
    {"image_heic", fuzz_image},
    {"image_ico", fuzz_image},
    {"image_jpeg", fuzz_image},
    {"image_other", fuzz_image},
    {"image_png", fuzz_image},
    {"image_psd", fuzz_image},
    {"image_tiff", fuzz_image},
    {"image_webp", fuzz_image},
    {"intake", fuzz_intake},
    {"response_head", fuzz_response_head},
    {"retry_after", fuzz_retry_after},
    {"shown_text", fuzz_shown_text},
    {"store_master", fuzz_store_master},
    {"submission", fuzz_submission},
    {"url", fuzz_url},
};

int complain(const std::string& what) {
  std::fprintf(stderr, "fuzz_corpus: %s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  if (argc != 2) return complain("usage: fuzz_corpus FOLDER");
  const fs::path corpus{argv[1]};
  for (const auto& folder : fs::directory_iterator{corpus}) {
    const auto has_name = [&](const target& each) {
      return folder.path().filename() == each.folder;
    };
    if (std::none_of(std::begin(targets), std::end(targets), has_name))
      return complain(folder.path().string() + " belongs to no target");
  }
  for (const auto& each : targets) {
    std::vector<fs::path> inputs;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator{corpus / each.folder, missing})
      inputs.push_back(entry.path());
    if (inputs.empty()) return complain((corpus / each.folder).string() + " has no inputs");
    std::sort(inputs.begin(), inputs.end());
    for (const auto& input : inputs) {
      std::ifstream file{input, std::ios::binary};
      const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
      if (!file) return complain(input.string() + " cannot be read");
      std::fprintf(stderr, "%s\n", input.c_str());
      each.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::printf("%s: %zu inputs\n", std::string{each.folder}.c_str(), inputs.size());
  }
}
