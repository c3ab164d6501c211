// Attention's products, by OpenBLAS and by our own kernels, against f64 sums and with them against each other.
#include "check.h"
#include "runtime/blas.h"
#include "runtime/status.h"

#include <cstring>

using namespace sae4j;

namespace {

struct Shape {
    int64_t m, n, k;
};

// Of attention: queries, keys and the width of a head, in either order; and what fills no vector, panel or tile.
const Shape shapes[] = { { 64, 64, 64 },  { 64, 1024, 64 }, { 64, 64, 1024 }, { 16, 272, 64 }, { 192, 64, 256 },
                         { 1, 1, 1 },     { 1, 64, 2 },     { 3, 65, 7 },     { 7, 130, 33 },  { 5, 3, 80 },
                         { 63, 31, 100 }, { 2, 200, 385 },  { 13, 64, 1537 } };

constexpr int64_t gap        = 5;  // between the rows of each matrix
constexpr float   untouched  = -7;
constexpr double  unit_error = 1.2e-7;

enum class Kind { nt, nn, nn_added };

// C of one product with gaps between its rows, which hold `untouched`.
std::vector<float> product(Kind kind, const Shape & s, const std::vector<float> & a, const std::vector<float> & b,
                           float before) {
    const int64_t      ldc = s.n + gap;
    std::vector<float> c(s.m * ldc, untouched), scratch(product_scratch(s.n, s.k), NAN);
    for (int64_t r = 0; r < s.m; r++) {
        std::fill_n(c.begin() + r * ldc, s.n, before);
    }
    const int64_t lda = s.k + gap;
    if (kind == Kind::nt) {
        Blas(1).nt(s.m, s.n, s.k, a.data(), lda, b.data(), s.k + gap, c.data(), ldc, scratch.data());
    } else {
        Blas(1).nn(s.m, s.n, s.k, a.data(), lda, b.data(), s.n + gap, c.data(), ldc, kind == Kind::nn_added,
                   scratch.data());
    }
    return c;
}

void check(const Shape & s, Kind kind, const char * by) {
    const char * names[] = { "A·Bᵀ", "A·B", "C + A·B" };
    test::context        = std::string(by) + " " + names[static_cast<int>(kind)] + " " + std::to_string(s.m) + "x" +
                    std::to_string(s.n) + "x" + std::to_string(s.k);
    test::Random             random(1);
    const int64_t            lda = s.k + gap, ldb = (kind == Kind::nt ? s.k : s.n) + gap, ldc = s.n + gap;
    const std::vector<float> a = random.normals(s.m * lda), b = random.normals((kind == Kind::nt ? s.n : s.k) * ldb);
    const float              before = 0.5f;
    const std::vector<float> c      = product(kind, s, a, b, before);
    for (int64_t r = 0; r < s.m; r++) {
        for (int64_t j = 0; j < s.n; j++) {
            double sum = kind == Kind::nn_added ? before : 0, size = std::fabs(sum);
            for (int64_t i = 0; i < s.k; i++) {
                const double term = double(a[r * lda + i]) * (kind == Kind::nt ? b[j * ldb + i] : b[i * ldb + j]);
                sum += term;
                size += std::fabs(term);
            }
            CHECK_NEAR(c[r * ldc + j], sum, size * unit_error * 4);
        }
        for (int64_t j = s.n; j < ldc; j++) {
            CHECK(c[r * ldc + j] == untouched);
        }
    }
}

void check_all(const char * by) {
    for (const Shape & s : shapes) {
        check(s, Kind::nt, by);
        check(s, Kind::nn, by);
        check(s, Kind::nn_added, by);
    }
}

void check_that_it_cannot_be_opened(const char * path) {
    test::context = path;
    CHECK_STATUS(sae4j_open_openblas(path), SAE4J_IO_ERROR);
    CHECK(std::strlen(sae4j_get_system_info().blas) == 0);
}

}  // namespace

int main() {
    CHECK_STATUS(sae4j_open_openblas(nullptr), SAE4J_BAD_ARGUMENT);
    check_that_it_cannot_be_opened("/no/such/library");
    check_that_it_cannot_be_opened(SAE4J_TEST_DATA "/model.gguf");
    check_all("own kernels");

    CHECK(sae4j_open_openblas(SAE4J_TEST_OPENBLAS) == SAE4J_OK);
    CHECK(std::strstr(sae4j_get_system_info().blas, "OpenBLAS"));
    check_all("OpenBLAS");
    CHECK(sae4j_open_openblas("/no/such/library") == SAE4J_OK);  // changes nothing any more
    return test::conclude("test_blas");
}
