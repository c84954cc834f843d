#pragma once

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

namespace retail_pulse::fetch {

/// Starts a thread that blocks all signals: the main thread handles them, and a peer that hangs up
/// while OpenSSL writes (it has no MSG_NOSIGNAL) gives an error value, not SIGPIPE. SIGSEGV and its
/// like still end the process. `name`, at most 15 bytes, is shown by top -H and debuggers. Throws
/// std::system_error as std::thread does.
template <typename Work>
std::thread quiet_thread(const char* name, Work work) {
  sigset_t quiet;
  sigset_t before;
  sigfillset(&quiet);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
    sigdelset(&quiet, signal);
  pthread_sigmask(SIG_SETMASK, &quiet, &before);
  struct restore {
    const sigset_t& mask;
    ~restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } const restore{before};
  std::thread thread{std::move(work)};
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace retail_pulse::fetch
