// Where a forward pass can be watched and changed: the table of hook points, which an architecture fills.
#pragma once

#include "sae4j.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sae4j {

// One activation [n_tokens, width].
struct HookPoint {
    std::string     name;   // TransformerLens's: "blocks.3.hook_resid_post"
    std::string     site;   // what it is called in every block: "hook_resid_post"
    int             layer;  // -1: in no block
    int64_t         width;
    sae4j_hook_kind kind;
    int             rank;  // in the order of computation

    // The stream goes past it: whoever goes on from here needs the stream too.
    bool beside_stream() const { return kind == SAE4J_HOOK_ADDED || kind == SAE4J_HOOK_INSIDE; }
};

class HookPoints {
  public:
    // Adds a point. Points are added in the order of computation. layer: -1 for none.
    void add(int layer, const std::string & site, int64_t width, sae4j_hook_kind kind);

    // Fails if there is none of this name.
    const HookPoint & named(const char * name) const;

    // A point that the architecture has, by its site.
    const HookPoint & at(int layer, const std::string & site) const;

    // What the unembedding reads.
    const HookPoint & last() const { return points_.back(); }

    const std::vector<HookPoint> & all() const { return points_; }

  private:
    std::vector<HookPoint>                  points_;  // by rank
    std::map<std::string, int, std::less<>> ranks_;   // by name
    std::vector<int>                        blocks_;  // rank of each block's first point
};

}  // namespace sae4j
