#pragma once

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

namespace retail_pulse::fetch {

/// A thread that takes no signals: the program's own handling stays with the main thread, and a peer that hangs up while OpenSSL writes (it
/// has no MSG_NOSIGNAL) is an error value, not SIGPIPE. Faults of the machine still end the process. Throws std::system_error as
/// std::thread does. `name`, of at most 15 bytes, is what top -H and debuggers show.
template <typename Work>
std::thread quiet_thread(const char* name, Work work) {
  sigset_t quiet;
  sigset_t before;
  sigfillset(&quiet);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&quiet, signal);
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
