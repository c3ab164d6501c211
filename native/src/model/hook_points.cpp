#include "model/hook_points.h"

#include "runtime/status.h"

#include <algorithm>

namespace sae4j {

namespace {

std::string name_of(int layer, const std::string & site) {
    return layer < 0 ? site : "blocks." + std::to_string(layer) + "." + site;
}

}  // namespace

void HookPoints::add(int layer, const std::string & site, int64_t width, sae4j_hook_kind kind) {
    const int rank = static_cast<int>(points_.size());
    points_.push_back({ name_of(layer, site), site, layer, width, kind, rank });
    ranks_.emplace(points_.back().name, rank);
    if (layer == static_cast<int>(blocks_.size())) {
        blocks_.push_back(rank);
    }
}

const HookPoint & HookPoints::named(const char * name) const {
    if (!name) {
        fail(SAE4J_BAD_ARGUMENT, "the name of a hook is missing");
    }
    const auto found = ranks_.find(name);
    if (found == ranks_.end()) {
        fail(SAE4J_BAD_ARGUMENT, "unknown hook \"%s\": the model has %s to %s in blocks.0 to blocks.%zu", name,
             points_.front().name.c_str(), points_.back().name.c_str(), blocks_.size() - 1);
    }
    return points_[found->second];
}

const HookPoint & HookPoints::at(int layer, const std::string & site) const {
    const auto begin = points_.begin() + (layer < 0 ? 0 : blocks_[layer]);
    const auto found =
        std::find_if(begin, points_.end(), [&](const auto & p) { return p.layer == layer && p.site == site; });
    if (found == points_.end()) {
        fail(SAE4J_INTERNAL, "the architecture has no hook %s", name_of(layer, site).c_str());
    }
    return *found;
}

}  // namespace sae4j
