#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "fetch/engine/engine.hpp"
#include "simulation/chance.hpp"
#include "simulation/life.hpp"
#include "simulation/witness.hpp"

namespace retail_pulse::simulation {

/// The fetch engine of a simulated world: origins behave as their plans say, on virtual time. The
/// witness learns of every fetch.
class imaginary_web final : public fetch::engine {
 public:
  imaginary_web(const scenario& plan, witness& watched, story& tell)
      : plan_{plan}, witness_{watched}, story_{tell} {}

  /// Answers this life of the process from now on; nullptr between two lives. Fetches of the life
  /// before are gone.
  void serve(life* who);

  void resolve(const std::string& url, fetch::on_resolved done) override;
  void submit(fetch::request request, fetch::on_fetched done) override;
  void stop() override {}

 private:
  struct answer {
    fetch::outcome outcome;
    millis latency{0};
  };
  answer answer_to(const std::string& url, chance& dice) const;
  struct visit {
    fetch::request request;
    fetch::outcome outcome;
    millis answered_at{0};
    fetch::on_fetched done;
  };
  /// Ends the fetch when its host answers, or when it gives way.
  void wait_for_answer(visit waiting, millis next_look);
  bool is_calm() const;
  /// The address of its name at this moment.
  std::string address_of(const origin_plan& origin) const;

  const scenario& plan_;
  witness& witness_;
  story& story_;
  life* life_ = nullptr;
  std::uint64_t life_number_ = 0;
  std::map<std::string, std::uint64_t> attempts_;  ///< per URL, over all lives
};

}  // namespace retail_pulse::simulation
