#include "fetch/engine/picture_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/without_modes.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(kept_pictures)

namespace {

namespace fs = std::filesystem;

struct folder {
  folder() {
    std::string name = (fs::temp_directory_path() / "retail-pulse-pictures-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = name;
  }
  ~folder() { fs::remove_all(path); }

  /// Every regular file below, by its path from here, with its content.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{path}) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in{entry.path(), std::ios::binary};
      found[fs::relative(entry.path(), path).string()] =
          std::string{std::istreambuf_iterator<char>{in}, {}};
    }
    return found;
  }

  fs::path path;
};

std::unique_ptr<picture_store> open_store(const folder& in, std::int64_t bound = 1 << 20,
                                          std::vector<std::string>* told = nullptr,
                                          mode_t mode = 0600) {
  picture_store::tell tell;
  if (told != nullptr) tell = [told](const std::string& what) { told->push_back(what); };
  auto opened = picture_store::open(in.path.string(), bound, mode, tell);
  if (const auto* why = std::get_if<std::string>(&opened)) throw std::runtime_error(*why);
  return std::get<std::unique_ptr<picture_store>>(std::move(opened));
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// The digest, or "refused: why".
std::string keep(picture_store& in, std::string_view content,
                 image_format format = image_format::jpeg) {
  auto draft = in.begin();
  for (std::size_t at = 0; at < content.size(); at += 1000)
    draft.append(bytes_of(content.substr(at, 1000)));
  auto end = draft.keep(format);
  if (const auto* refused = std::get_if<picture_store::picture::not_kept>(&end))
    return "refused: " + refused->why;
  return std::get<picture_store::picture::kept>(end).sha256;
}

// FIPS 180-2, appendix B.1.
constexpr auto digest_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

BOOST_AUTO_TEST_CASE(a_copy_is_named_by_its_content_and_format) {
  const folder place;
  const auto store = open_store(place);
  BOOST_TEST(keep(*store, "abc", image_format::webp) == digest_of_abc);
  const std::map<std::string, std::string> expected{
      {std::string{"ba/"} + digest_of_abc + ".webp", "abc"}};
  BOOST_TEST((place.files() == expected));
  BOOST_TEST(store->bytes() == 3);
}

BOOST_AUTO_TEST_CASE(a_large_file_in_many_pieces_is_kept_whole) {
  const folder place;
  const auto store = open_store(place);
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i);
  const auto name = keep(*store, content);
  BOOST_TEST_REQUIRE(place.files().size() == 1u);
  BOOST_TEST((place.files().begin()->second == content));
  BOOST_TEST(place.files().begin()->first.find(name) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_content_is_stored_and_counted_once) {
  const folder place;
  const auto store = open_store(place);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store] {
      for (int n = 0; n < 20; ++n) keep(*store, "the same picture again");
    });
  }
  for (auto& each : threads) each.join();
  BOOST_TEST(place.files().size() == 1u);
  BOOST_TEST(store->bytes() == 22);
}

BOOST_AUTO_TEST_CASE(what_is_not_kept_leaves_nothing_behind) {
  const folder place;
  const auto store = open_store(place);
  {
    auto draft = store->begin();
    draft.append(bytes_of("half a picture"));
    BOOST_TEST(place.files().size() == 1u);
    BOOST_TEST(store->bytes() == 14);
    auto moved = std::move(draft);
  }
  BOOST_TEST(place.files().empty());
  BOOST_TEST(store->bytes() == 0);
  BOOST_TEST(keep(*store, "").starts_with("refused: "));
}

BOOST_AUTO_TEST_CASE(all_copies_together_stay_within_the_bound) {
  const folder place;
  const auto store = open_store(place, 10);
  BOOST_TEST(keep(*store, "0123456789") ==
             "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882");
  BOOST_TEST(keep(*store, "x") == "refused: the folder for copies is full");
  BOOST_TEST(store->bytes() == 10);
  BOOST_TEST(place.files().size() == 1u);

  const folder other;
  const auto smaller = open_store(other, 9);
  BOOST_TEST(keep(*smaller, "0123456789") == "refused: the folder for copies is full");
  BOOST_TEST(other.files().empty());
  auto first = smaller->begin();
  first.append(bytes_of("01234"));
  BOOST_TEST(keep(*smaller, "56789").starts_with("refused"), "what is being written counts");
  BOOST_TEST(keep(*smaller, "5678").size() == 64u);
}

BOOST_AUTO_TEST_CASE(
    a_store_that_is_opened_again_counts_what_is_there_and_drops_what_was_half_written) {
  const folder place;
  keep(*open_store(place), "abc");
  std::ofstream{place.path / ".retail-pulse-incoming" / "draft-7"} << "half";
  fs::create_directory(place.path / "incoming");  // of earlier versions
  std::ofstream{place.path / "incoming" / "0"} << "half";
  std::ofstream{place.path / "incoming" / "120"} << "half";
  std::vector<std::string> told;
  const auto store = open_store(place, 1 << 20, &told);
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0] == "2 files that an earlier version left half written in " +
                            place.path.string() + "/incoming were removed");
  BOOST_TEST(!fs::exists(place.path / "incoming"));
  BOOST_TEST(store->bytes() == 3);
  BOOST_TEST(place.files().size() == 1u);
  BOOST_TEST(keep(*store, "abc") == digest_of_abc);
  BOOST_TEST(store->bytes() == 3);
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_wrong_length_is_replaced) {
  const folder place;
  keep(*open_store(place), "abc");
  const auto file = place.path / "ba" / (std::string{digest_of_abc} + ".jpeg");
  std::ofstream{file} << "a";
  const auto store = open_store(place);
  BOOST_TEST(keep(*store, "abc") == digest_of_abc);
  BOOST_TEST(place.files().begin()->second == "abc");
  BOOST_TEST(store->bytes() == 3);
}

BOOST_AUTO_TEST_CASE(what_has_no_name_of_ours_is_neither_cleaned_away_nor_counted) {
  const folder place;
  std::map<std::string, std::string> others;
  for (const std::string in : {"incoming/", ".retail-pulse-incoming/", "ba/", ""}) {
    fs::create_directories(place.path / in);
    for (const std::string name :
         {"07", "7a", "-7", "draft-", "draft-7x", "adraft-7", "letter", "x.jpeg"})
      others[in + name] = "mine";
    const bool is_former = in == "incoming/";
    others[in + (is_former ? "draft-7" : "7")] = "mine";
    fs::create_directory(place.path / in / (is_former ? "8" : "draft-8"));
  }
  others[std::string{"ba/"} + digest_of_abc] = "mine";
  others[std::string{"BA"}] = "mine";
  for (const auto& [name, text] : others) std::ofstream{place.path / name} << text;
  BOOST_TEST(open_store(place)->bytes() == 0);
  BOOST_TEST((place.files() == others));
  BOOST_TEST(fs::is_directory(place.path / "incoming" / "8"));
}

BOOST_AUTO_TEST_CASE(numbers_in_a_folder_where_no_earlier_version_kept_a_copy_are_somebodys) {
  const folder place;
  fs::create_directory(place.path / "incoming");
  std::ofstream{place.path / "incoming" / "4711"} << "an order";
  open_store(place);
  BOOST_TEST(fs::exists(place.path / "incoming" / "4711"));
}

BOOST_AUTO_TEST_CASE(an_earlier_version_that_uses_the_folder_is_another_process) {
  const folder place;
  fs::create_directory(place.path / "incoming");
  const descriptor held{
      open((place.path / "incoming").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  BOOST_REQUIRE(flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  const auto opened = picture_store::open(place.path.string(), 1 << 20);
  BOOST_REQUIRE(std::holds_alternative<std::string>(opened));
  BOOST_TEST(std::get<std::string>(opened).ends_with(
      "cannot be used: another process, of an earlier version, uses it"));
}

BOOST_AUTO_TEST_CASE(nothing_is_deleted_or_written_behind_a_link) {
  const folder place;
  const folder elsewhere;
  const auto refusal = [&] {
    const auto opened = picture_store::open(place.path.string(), 1 << 20);
    return std::holds_alternative<std::string>(opened) ? std::get<std::string>(opened)
                                                       : std::string{};
  };
  for (const auto* name : {"7", "draft-7"}) std::ofstream{elsewhere.path / name} << "mine";
  const auto before = elsewhere.files();
  fs::create_symlink(elsewhere.path / "7", place.path / "file");

  fs::create_directory_symlink(elsewhere.path, place.path / "incoming");
  BOOST_TEST(refusal() == "");
  fs::remove(place.path / ".retail-pulse-incoming");
  fs::create_directory_symlink(elsewhere.path, place.path / ".retail-pulse-incoming");
  BOOST_TEST(
      refusal().find(".retail-pulse-incoming in it is no folder or a link") != std::string::npos,
      refusal());
  fs::remove(place.path / ".retail-pulse-incoming");

  const auto store = open_store(place);
  fs::create_directory_symlink(elsewhere.path, place.path / "ba");
  BOOST_TEST(keep(*store, "abc").starts_with("refused: the copy cannot be kept: "));
  fs::remove(place.path / "ba");
  fs::create_directory(place.path / "ba");
  const auto copy = place.path / "ba" / (std::string{digest_of_abc} + ".jpeg");
  fs::create_symlink(elsewhere.path / "7", copy);
  BOOST_TEST(keep(*store, "abc") == digest_of_abc);
  BOOST_TEST((!fs::is_symlink(copy) && fs::file_size(copy) == 3u));
  BOOST_TEST((elsewhere.files() == before));
}

BOOST_AUTO_TEST_CASE(the_folder_itself_may_be_a_link) {
  const folder place;
  fs::create_directory(place.path / "real");
  fs::create_directory_symlink("real", place.path / "link");
  auto opened = picture_store::open((place.path / "link").string(), 1 << 20);
  BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<picture_store>>(opened));
  BOOST_TEST(keep(*std::get<std::unique_ptr<picture_store>>(opened), "abc") == digest_of_abc);
  BOOST_TEST(fs::exists(place.path / "real" / "ba"));
}

unsigned mode_of(const fs::path& name) {
  return static_cast<unsigned>(fs::status(name).permissions());
}

BOOST_AUTO_TEST_CASE(copies_and_their_folders_are_for_whom_the_mode_names) {
  for (const auto& [mode, mode_of_folders] :
       std::vector<std::pair<mode_t, unsigned>>{{0600, 0700}, {0640, 0750}, {0664, 0775}}) {
    const folder place;
    const auto below = place.path / "new" / "folder";
    const auto mask = umask(027);
    auto opened = picture_store::open(below.string(), 1 << 20, mode);
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<picture_store>>(opened));
    keep(*std::get<std::unique_ptr<picture_store>>(opened), "abc");
    umask(mask);
    BOOST_TEST(mode_of(place.path / "new") == mode_of_folders);
    BOOST_TEST(mode_of(below) == mode_of_folders);
    BOOST_TEST(mode_of(below / ".retail-pulse-incoming") == mode_of_folders);
    BOOST_TEST(mode_of(below / "ba") == mode_of_folders);
    BOOST_TEST(mode_of(below / "ba" / (std::string{digest_of_abc} + ".jpeg")) == mode);
  }
  const folder former;
  keep(*open_store(former), "abc");
  fs::create_directory(former.path / "ab");  // not ours: it holds no copy
  for (const auto* name : {"ab", "ba"}) fs::permissions(former.path / name, fs::perms{0755});
  fs::permissions(former.path / ".retail-pulse-incoming", fs::perms{0755});
  std::vector<std::string> told;
  open_store(former, 1 << 20, &told);
  BOOST_TEST(mode_of(former.path / "ba") == 0700u);
  BOOST_TEST(mode_of(former.path / "ab") == 0755u);
  BOOST_TEST(mode_of(former.path / ".retail-pulse-incoming") == 0700u);
  const auto name = former.path.string();
  const std::vector<std::string> expected{
      "the mode of " + name + "/.retail-pulse-incoming was changed from 0755 to 0700",
      "the mode of 1 folders of copies in " + name + " was changed to that of --file-mode"};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(folders_keep_the_group_that_they_hand_down_and_what_their_owner_may_do) {
  const folder place;
  fs::permissions(place.path, fs::perms{02750});
  if (mode_of(place.path) != 02750u) return;  // who is not of the group cannot set it
  const auto below = place.path / "new" / "folder";
  const auto keep_there = [&] {
    auto opened = picture_store::open(below.string(), 1 << 20, 0640);
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<picture_store>>(opened));
    keep(*std::get<std::unique_ptr<picture_store>>(opened), "abc");
  };
  keep_there();
  for (const auto& name :
       {below.parent_path(), below, below / ".retail-pulse-incoming", below / "ba"})
    BOOST_TEST(mode_of(name) == 02750u, name);
  fs::permissions(below / "ba", fs::perms{02577});
  keep_there();
  BOOST_TEST(mode_of(below / "ba") == 02550u);
  fs::permissions(below / "ba", fs::perms{0700});
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_there_is_brought_to_the_mode_when_it_is_kept_again) {
  const folder place;
  const auto copy = place.path / "ba" / (std::string{digest_of_abc} + ".jpeg");
  for (const mode_t mode : {0600, 0640, 0600}) {
    keep(*open_store(place, 1 << 20, nullptr, mode), "abc");
    BOOST_TEST(mode_of(copy) == mode);
  }
}

BOOST_AUTO_TEST_CASE(copies_are_kept_on_a_file_system_without_modes_with_one_warning) {
  const folder place;
  fs::create_directory(place.path / ".retail-pulse-incoming");
  fs::permissions(place.path / ".retail-pulse-incoming", fs::perms{0755});
  const test_support::without_modes here;
  std::vector<std::string> told;
  const auto mask = umask(022);
  const auto store = open_store(place, 1 << 20, &told, 0664);
  const auto kept = keep(*store, "abc");
  umask(mask);
  BOOST_TEST(kept == digest_of_abc);
  const std::vector<std::string> expected{place.path.string() +
                                          "/.retail-pulse-incoming has the mode 0755, which is not "
                                          "that of --file-mode, and cannot be changed"};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_disk_that_takes_no_more_costs_the_copy_and_no_more) {
  const folder place;
  const auto store = open_store(place);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto answer = keep(*store, std::string(10'000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  BOOST_TEST(answer.starts_with("refused: the copy cannot be written: "), answer);
  BOOST_TEST(place.files().empty());
  BOOST_TEST(store->bytes() == 0);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_used_is_reported_at_once) {
  const auto refusal = [](const fs::path& folder) {
    const auto opened = picture_store::open(folder.string(), 1 << 20);
    return std::holds_alternative<std::string>(opened) ? std::get<std::string>(opened)
                                                       : std::string{};
  };
  const folder place;
  std::ofstream{place.path / "file"} << "x";
  BOOST_TEST(refusal(place.path / "file").find("file, cannot be used: Not a directory") !=
                 std::string::npos,
             refusal(place.path / "file"));
  const auto held = open_store(place);
  BOOST_TEST(refusal(place.path).find("another process uses it") != std::string::npos);
  BOOST_TEST(refusal(place.path / "new" / "folder") == "");
  BOOST_TEST(fs::is_directory(place.path / "new" / "folder"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
