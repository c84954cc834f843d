// The entry point of every test program; each names its own suites.
#define BOOST_TEST_MODULE retail_pulse
#include <boost/test/unit_test.hpp>
