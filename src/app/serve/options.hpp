#pragma once

#include <memory>
#include <string>

#include "actors/courier.hpp"
#include "actors/image_pool.hpp"
#include "app/serve/descriptors.hpp"
#include "config/settings.hpp"
#include "fetch/engine/blocking_engine.hpp"
#include "http/server.hpp"
#include "webhooks/own_listener.hpp"
#include "webhooks/poster.hpp"

/// The operator's settings as options of each part of the service. What an option means stands in
/// the part's own header.
namespace retail_pulse::app {

fetch::engine_options engine_options_of(const config::settings& settings,
                                        const descriptor_budget& budget);

/// Webhooks are never sent to `own`, the address of the API itself.
webhooks::poster_options poster_options_of(const config::settings& settings,
                                           const descriptor_budget& budget,
                                           std::shared_ptr<const webhooks::own_listener> own);

/// The engine has to outlive the pool.
actors::pool_settings pool_settings_of(const config::settings& settings,
                                       const descriptor_budget& budget, fetch::engine& engine);

/// The poster has to outlive the courier.
actors::courier_settings courier_settings_of(const config::settings& settings,
                                             const descriptor_budget& budget,
                                             webhooks::poster& poster);

http::server_options server_options_of(const config::settings& settings,
                                       const descriptor_budget& budget);

}  // namespace retail_pulse::app
