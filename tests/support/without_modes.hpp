#pragma once

namespace retail_pulse::test_support {

/// While it lives, no file of this process changes its mode, as on file systems without modes:
/// fchmod fails with EPERM.
class without_modes {
 public:
  without_modes();
  ~without_modes();
  without_modes(const without_modes&) = delete;
  without_modes& operator=(const without_modes&) = delete;
};

}  // namespace retail_pulse::test_support
