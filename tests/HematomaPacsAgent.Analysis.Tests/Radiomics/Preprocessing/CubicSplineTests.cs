using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class CubicSplineTests
{
    [Fact]
    public void The_spline_passes_through_every_sample_of_lines_of_any_length() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 9], Gen.Int[0, 1 << 20]).Sample((length, lines, seed) =>
        {
            Random random = new(seed);
            double[] samples = [.. Enumerable.Range(0, length * lines).Select(_ => random.NextDouble() * 2000 - 1000)];
            double[] block = [.. samples];
            CubicSpline.ToCoefficients(block, lines);
            if (length == 1)
            {
                Assert.Equal(samples, block);
                return;
            }

            for (int i = 0; i < length; i++)
                for (int j = 0; j < lines; j++)
                {
                    int before = i == 0 ? 1 : i - 1, after = i == length - 1 ? length - 2 : i + 1;
                    double value = (block[before * lines + j] + 4 * block[i * lines + j] + block[after * lines + j]) / 6;
                    Assert.Equal(samples[i * lines + j], value, 1e-10);
                }
        });

    [Fact]
    public void Weights_sum_to_one_and_are_those_of_the_cubic_B_spline()
    {
        Span<double> weights = stackalloc double[4];
        CubicSpline.Weigh(0, weights);
        Assert.Equal([1.0 / 6, 4.0 / 6, 1.0 / 6, 0], weights.ToArray().Select(w => Math.Round(w, 15)), Close);
        CubicSpline.Weigh(0.5, weights);
        Assert.Equal([1.0 / 48, 23.0 / 48, 23.0 / 48, 1.0 / 48], weights.ToArray(), Close);
    }

    private static IEqualityComparer<double> Close { get; } = EqualityComparer<double>.Create((a, b) => Math.Abs(a - b) < 1e-14);
}
