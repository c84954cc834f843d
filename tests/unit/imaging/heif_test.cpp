#include <boost/test/unit_test.hpp>

#include "builders_heif.hpp"
#include "core/limits.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t longest_length = 0xFFFFFFFFFFFFFFFF;

/// A box header that may lie about its length.
std::string box_start(std::uint32_t length, std::string_view type) {
  return file_bytes{}.be32(length).text(type);
}
std::string large_box_start(std::uint64_t length, std::string_view type) {
  return file_bytes{}.be32(1).text(type).be64(length);
}

std::string with_box(const std::string& box) { return file_type("heicmif1") + box; }
std::string with_meta(const std::string& children) { return with_box(meta_box(children)); }

/// The children of a `meta` that is good for itself: nothing but a size, and no data anywhere.
std::string good_children() {
  const heif_options plain = plain_heif(640, 480);
  return primary_box(0, 1) + properties_box(plain);
}

/// `iloc` with that start of its content: widths of the numbers, then the count of items.
std::string locations(std::uint32_t version, const std::string& content) {
  return full_box("iloc", version, 0, content);
}

image_reader::outcome outcome_of(const heif_options& options) {
  return read_in_pieces(heif(options));
}

heif_options changed_properties(const std::vector<std::string>& properties) {
  heif_options options = plain_heif(640, 480);
  options.properties = properties;
  options.items[0].properties.clear();
  for (std::uint32_t n = 1; n <= properties.size(); ++n) options.items[0].properties.push_back(n);
  return options;
}

const measurement plain{image_format::heic, 640, 480};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_picture_in_boxes)

BOOST_AUTO_TEST_CASE(needs_its_meta_box_and_no_more_when_no_item_has_data) {
  BOOST_TEST(code_of(with_meta(good_children())) == error_code::none);
  BOOST_TEST((read_in_pieces(with_meta(good_children())).measured == plain));
}

BOOST_AUTO_TEST_CASE(with_a_box_shorter_than_its_header_is_no_image) {
  for (std::uint32_t length = 2; length < 8; ++length) {
    BOOST_TEST(code_of(with_box(box_start(length, "free"))) == error_code::not_an_image,
               "of " << length << " bytes");
    BOOST_TEST(code_of(with_box(box_start(length, "meta"))) == error_code::not_an_image,
               "of " << length << " bytes");
    BOOST_TEST(code_of(with_meta(box_start(length, "free"))) == error_code::not_an_image,
               "of " << length << " bytes");
  }
  for (const std::uint64_t length : {0, 1, 8, 15}) {
    BOOST_TEST(code_of(with_box(large_box_start(length, "free"))) == error_code::not_an_image,
               "of " << length << " bytes");
    BOOST_TEST(code_of(with_box(large_box_start(length, "meta"))) == error_code::not_an_image,
               "of " << length << " bytes");
    BOOST_TEST(code_of(with_meta(large_box_start(length, "free"))) == error_code::not_an_image,
               "of " << length << " bytes");
  }
  BOOST_TEST(code_of(with_box(box_start(8, "free"))) == error_code::truncated);
  BOOST_TEST(code_of(with_box(large_box_start(16, "free"))) == error_code::truncated);
  BOOST_TEST(code_of(with_meta(large_box_start(16, "free") + good_children())) == error_code::none);
  BOOST_TEST(code_of(with_box(iso_box("meta", "\0\0\0"s)) + "?") == error_code::not_an_image,
             "no room for version and flags");
}

BOOST_AUTO_TEST_CASE(with_a_box_that_leaves_its_parent_is_no_image) {
  BOOST_TEST(code_of(with_meta(box_start(9, "free"))) == error_code::not_an_image);
  BOOST_TEST(code_of(with_meta(box_start(0xFFFFFFFF, "free"))) == error_code::not_an_image);
  BOOST_TEST(
      code_of(with_meta(large_box_start(longest_length, "free"))) == error_code::not_an_image,
      "no overflow");
  BOOST_TEST(code_of(with_meta("\0\0\0\x08"
                               "fr"s) +
                     "ee and more") == error_code::not_an_image,
             "a header across the end of its parent");
  const std::string crossing = iso_box("iprp", iso_box("ipco", box_start(100, "ispe")));
  BOOST_TEST(code_of(with_meta(crossing + std::string(200, '\0'))) == error_code::not_an_image);
}

BOOST_AUTO_TEST_CASE(may_have_a_last_box_that_reaches_to_the_end_of_its_parent) {
  BOOST_TEST(code_of(with_meta(good_children() + box_start(0, "free") + "anything")) ==
             error_code::none);
}

BOOST_AUTO_TEST_CASE(behind_a_box_of_any_length_is_waited_for) {
  for (const auto& start :
       {large_box_start(longest_length, "free"), large_box_start(longest_length - 100, "free")}) {
    const std::string file = with_box(start);
    image_reader reader;
    reader.feed(as_piece(file));
    BOOST_TEST(reader.wanted() >= longest_length - 100);
    BOOST_TEST(reader.finish().code == error_code::truncated);
    BOOST_TEST(code_of(file + std::string(100'000, '\1')) == error_code::truncated);
  }
}

BOOST_AUTO_TEST_CASE(without_a_place_where_it_could_be_is_unsupported) {
  const auto is_unsupported = [](const std::string& file) {
    const auto outcome = read_in_pieces(file, 3);
    BOOST_TEST(outcome.code == error_code::unsupported_format);
    BOOST_TEST((outcome.measured == measurement{image_format::heic, 0, 0}));
  };
  is_unsupported(with_meta(""));
  is_unsupported(with_meta(properties_box(plain_heif(640, 480))));
  is_unsupported(with_box(iso_box("moov", "a sequence")));
  is_unsupported(with_box(box_start(0, "mdat") + "to the end of the file"));
  is_unsupported(with_box(box_start(0, "meta") + "\0\0\0\0"s + good_children()));
}

BOOST_AUTO_TEST_CASE(without_a_size_has_bad_dimensions) {
  const auto is_bad = [](const heif_options& options) {
    const auto outcome = outcome_of(options);
    BOOST_TEST(outcome.code == error_code::bad_dimensions);
    BOOST_TEST((outcome.measured == measurement{image_format::heic, 0, 0}));
  };
  is_bad(plain_heif(0, 480));
  is_bad(plain_heif(640, 0));
  is_bad(changed_properties({decoder_property()}));
  is_bad(changed_properties({size_property(640, 480), crop_property(0, 1, 480, 1)}));
  is_bad(changed_properties({size_property(640, 480), crop_property(640, 1, 480, 0)}));
  is_bad(changed_properties({size_property(640, 480), crop_property(1, 3, 480, 1)}));
  is_bad(changed_properties({iso_box("ispe", "\0\0\0\0\0\0\2"s)}));
  heif_options of_nobody = plain_heif(640, 480);
  of_nobody.primary = 2;
  is_bad(of_nobody);
}

BOOST_AUTO_TEST_CASE(is_never_cropped_to_more_than_there_is) {
  const auto outcome = outcome_of(changed_properties(
      {size_property(640, 480), crop_property(0xFFFFFFFF, 1, 0xFFFFFFFF, 0xFFFFFFFF)}));
  BOOST_TEST((outcome.measured == measurement{image_format::heic, 640, 1}));
}

BOOST_AUTO_TEST_CASE(has_no_property_of_number_0_or_of_one_that_does_not_exist) {
  heif_options options = plain_heif(640, 480);
  options.items[0].properties = {0, 2, 3, 127};
  BOOST_TEST((outcome_of(options).measured == plain));
  options.long_indexes = true;
  options.items[0].properties = {0, 2, 3, 0x7FFF};
  BOOST_TEST((outcome_of(options).measured == plain));
}

BOOST_AUTO_TEST_CASE(may_have_as_many_sizes_as_are_remembered_and_no_more) {
  heif_options options = plain_heif(640, 480);
  options.properties.resize(limits::image_properties + 1,
                            rotation_property(1));  // the first is no size, rotation or crop
  BOOST_TEST((outcome_of(options).measured == plain));
  options.properties.insert(options.properties.end(), 1000, decoder_property());
  BOOST_TEST((outcome_of(options).measured == plain));
  options.properties.push_back(mirror_property());
  BOOST_TEST((outcome_of(options).measured == plain));
  options.properties.push_back(rotation_property(1));
  BOOST_TEST(outcome_of(options).code == error_code::unsupported_format);
}

BOOST_AUTO_TEST_CASE(may_come_with_as_many_associations_as_are_remembered_and_no_more) {
  heif_options options = plain_heif(640, 480);
  const auto add_item = [&](std::size_t associations) {
    options.items.push_back({.number = static_cast<std::uint32_t>(2 + options.items.size()),
                             .properties = std::vector<std::uint32_t>(associations, 1)});
  };
  options.primary_is_last = true;
  std::size_t left = limits::image_associations - options.items[0].properties.size();
  for (; left > 255; left -= 255) add_item(255);
  add_item(left);
  BOOST_TEST((outcome_of(options).measured == plain));
  add_item(1);
  BOOST_TEST(outcome_of(options).code == error_code::unsupported_format);
  options.primary_is_last = false;
  BOOST_TEST((outcome_of(options).measured == plain),
             "those of other items do not count once the primary one is known");
  options.items[0].properties.resize(255, 1);
  BOOST_TEST((outcome_of(options).measured == plain));
}

BOOST_AUTO_TEST_CASE(takes_counts_for_no_more_than_their_box_holds) {
  const std::string ones(4, '\xFF');
  // Without numbers to read for them, items and extents must not be counted through.
  BOOST_TEST(code_of(with_meta(locations(2, "\0\0"s + ones) + good_children())) ==
             error_code::none);
  BOOST_TEST(code_of(with_meta(locations(2, "\0\0"s + ones + std::string(10'000, '\xFF')) +
                               good_children())) == error_code::none);
  BOOST_TEST(code_of(with_meta(locations(0, "\x44\0\xFF\xFF"s) + good_children())) ==
             error_code::none);
  BOOST_TEST(code_of(with_meta(full_box("ipma", 0, 0, ones) + good_children())) ==
             error_code::none);
  BOOST_TEST(code_of(with_meta(full_box("ipma", 1, 1, ones + std::string(10'000, '\0')) +
                               good_children())) == error_code::none);

  const std::string many_extents =
      locations(0, "\x44\0\0\1\0\1\0\0\xFF\xFF"s);  // no room for a single one
  BOOST_TEST(code_of(with_meta(many_extents + good_children()) + std::string(1'000'000, '\0')) ==
             error_code::not_an_image);
  const std::string many_properties = full_box("ipma", 0, 0, "\0\0\0\1\0\1\xFF"s);
  BOOST_TEST(code_of(with_meta(many_properties + good_children()) + std::string(1000, '\0')) ==
             error_code::not_an_image);
}

BOOST_AUTO_TEST_CASE(with_locations_of_an_unknown_kind_is_no_image) {
  BOOST_TEST(code_of(with_meta(locations(2, "\x44\0\0\0\0\0"s) + good_children())) ==
             error_code::none);
  BOOST_TEST(code_of(with_meta(locations(3, "\x44\0\0\0\0\0"s) + good_children())) ==
             error_code::not_an_image);
  for (const char* widths : {"\x34\0", "\x43\0", "\x44\x10", "\x44\x02", "\xFF\xFF"}) {
    const std::string content = std::string(widths, 2) + "\0\0\0\0"s;
    BOOST_TEST(code_of(with_meta(locations(1, content) + good_children())) ==
               error_code::not_an_image);
  }
  BOOST_TEST(code_of(with_meta(locations(0, "\x44\2\0\0"s) + good_children())) == error_code::none,
             "reserved bits in version 0");
}

BOOST_AUTO_TEST_CASE(is_whole_with_the_last_byte_of_an_item_in_this_file) {
  const auto item = [](std::uint32_t method, std::uint32_t file, std::uint64_t base,
                       std::uint64_t offset, std::uint64_t length) {
    file_bytes content;
    content.text("\x88\x80")
        .be16(1)
        .be16(1)
        .be16(method)
        .be16(file)
        .be64(base)
        .be16(1)
        .be64(offset)
        .be64(length);
    return with_meta(locations(1, std::string{content}) + good_children());
  };
  const std::size_t size = item(0, 0, 0, 0, 0).size();
  BOOST_TEST(code_of(item(0, 0, 0, 20, 10)) == error_code::none, "data that came already");
  BOOST_TEST(code_of(item(0, 0, 0, size, 0)) == error_code::none);
  BOOST_TEST(code_of(item(0, 0, 0, size, 1)) == error_code::truncated);
  BOOST_TEST(code_of(item(0, 0, size, 4, 5) + box_start(9, "mdat")) == error_code::truncated);
  BOOST_TEST(code_of(item(0, 0, size, 4, 5) + box_start(9, "mdat") + "d") == error_code::none);
  BOOST_TEST(
      code_of(item(0, 0, size, 4, 500) + box_start(9, "mdat") + "d") == error_code::truncated,
      "more than its box has");
  BOOST_TEST(code_of(item(0, 0, size, 8, 2) + box_start(3, "mdat") + "da") == error_code::none,
             "in what is no box");
  BOOST_TEST(code_of(item(1, 0, 0, 0, 1'000'000)) == error_code::none, "data inside of meta");
  BOOST_TEST(code_of(item(0, 1, 0, 0, 1'000'000)) == error_code::none, "data in another file");
  for (const auto& endless : {item(0, 0, longest_length, 1, 0), item(0, 0, 1, longest_length, 1),
                              item(0, 0, 1, 1, longest_length)}) {
    const auto outcome = read_in_pieces(endless + std::string(100'000, '\0'), 1000);
    BOOST_TEST(outcome.code == error_code::truncated);
    BOOST_TEST((outcome.measured == plain));
  }
}

BOOST_AUTO_TEST_CASE(starts_with_a_box_that_has_room_for_a_brand) {
  const std::string rest = meta_box(good_children());
  BOOST_TEST(code_of(file_type("heic") + rest) == error_code::none);
  for (const std::uint32_t length : {0U, 2U, 8U, 15U}) {
    BOOST_TEST(
        code_of(box_start(length, "ftyp") + "heic\0\0\0\0"s + rest) == error_code::not_an_image,
        "of " << length << " bytes");
  }
  BOOST_TEST(code_of(large_box_start(16, "ftyp") + "heic\0\0\0\0"s + rest) ==
             error_code::not_an_image);
  BOOST_TEST(code_of(large_box_start(24, "ftyp") + "heic\0\0\0\0"s + rest) == error_code::none);
  BOOST_TEST(code_of(large_box_start(longest_length, "ftyp") + "heic\0\0\0\0"s + rest) ==
             error_code::not_an_image);
  BOOST_TEST(code_of(file_type("heicxyz") + rest) == error_code::none,
             "three letters are no brand");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
