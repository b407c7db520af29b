using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using MathNet.Numerics.LinearAlgebra.Double;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class MaximalCorrelationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The full decomposition says what is right, on both sides of the size from which it is not used.</summary>
    [Fact]
    public void The_second_singular_value_is_found_without_the_others() =>
        Gen.Select(Gen.Int[2, 90], Gen.Double[0.5, 40], Gen.Double[0.05, 1], Gen.Int[0, 1000]).Sample((n, width, filled, seed) =>
        {
            Random random = new(seed);
            var p = new double[n, n];
            double total = 0;
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    total += p[i, j] = i == j || random.NextDouble() < filled ? Math.Exp(-(i - j) * (i - j) / width) * random.NextDouble() + 1e-9 : 0;
            double[] px = new double[n], py = new double[n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                {
                    p[i, j] /= total;
                    (px[i], py[j]) = (px[i] + p[i, j], py[j] + p[i, j]);
                }

            double expected = DenseMatrix.Create(n, n, (i, j) => p[i, j] / Math.Sqrt(px[i] * py[j] + 2.220446049250313e-16)).Svd(computeVectors: false).S[1];
            double found = MaximalCorrelation.Of(p, px, py, Cancellation);
            Assert.True(Math.Abs(found - expected) <= 1e-11 * expected, $"{n} levels: {found:R}, decomposition {expected:R}");
        }, iter: 300);

    [Fact]
    public void Two_blocks_that_never_meet_correlate_fully_and_independent_levels_not_at_all()
    {
        const int N = 60;
        double[,] blocks = new double[N, N], independent = new double[N, N];
        double[] half = new double[N];
        for (int i = 0; i < N; i++)
        {
            half[i] = 1.0 / N;
            for (int j = 0; j < N; j++)
            {
                blocks[i, j] = i / 30 == j / 30 ? 2.0 / N / N : 0;
                independent[i, j] = 1.0 / N / N;
            }
        }

        Assert.Equal(1, MaximalCorrelation.Of(blocks, half, half, Cancellation), 1e-12);
        Assert.Equal(0, MaximalCorrelation.Of(independent, half, half, Cancellation), 1e-7);
    }
}
