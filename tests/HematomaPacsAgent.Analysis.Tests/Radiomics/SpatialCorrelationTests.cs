using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class SpatialCorrelationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Fourier_transform_and_pairs_give_the_same_sums() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 100000]).Sample((x, y, z, seed) =>
        {
            Random random = new(seed);
            ImageGrid grid = new(x, y, z, 0.45, 0.6, 5);
            bool[] mask = [.. Enumerable.Range(0, grid.Count).Select(_ => random.Next(3) > 0)];
            mask[0] = true;
            double[] deviations = SpatialCorrelation.Deviations(mask, [.. mask.Select(_ => 1000 * random.NextDouble() - 300)]);
            SpatialCorrelationMeasures pairs = SpatialCorrelation.PairByPair(grid, mask, deviations, Cancellation),
                fourier = SpatialCorrelation.ByFourier(grid, mask, deviations, Cancellation);
            Assert.Equal(pairs.Voxels, fourier.Voxels);
            AssertClose(pairs.Weights, fourier.Weights, pairs.Weights);
            AssertClose(pairs.Squares, fourier.Squares, pairs.Squares);
            AssertClose(pairs.Differences, fourier.Differences, pairs.Differences);
            // The products cancel, so they agree to the size of their terms.
            AssertClose(pairs.Products, fourier.Products, pairs.Differences);
        }, iter: 200);

    [Fact]
    public void A_region_large_enough_for_the_transform_gives_what_its_pairs_do()
    {
        RoiImage roi = Regions.Noise(11, 60, 30, 30, 12, 0.5, 0.5, 3);
        ImageGrid grid = new(roi.SizeX, roi.SizeY, roi.SizeZ, 0.5, 0.5, 3);
        SpatialCorrelationMeasures found = SpatialCorrelation.Measure(grid, roi.Inside, roi.Intensities, Cancellation);
        SpatialCorrelationMeasures pairs = SpatialCorrelation.PairByPair(grid, roi.Inside,
            SpatialCorrelation.Deviations(roi.Inside, roi.Intensities.ToArray()), Cancellation);
        Assert.NotEqual(pairs.Weights, found.Weights);
        foreach (Feature<SpatialCorrelationMeasures> feature in SpatialCorrelation.Features)
            Assert.Equal(feature.Value(pairs), feature.Value(found), 1e-11);
    }

    [Fact]
    public void Two_voxels_have_the_indices_of_one_pair_whatever_their_distance()
    {
        SpatialCorrelationMeasures two = SpatialCorrelation.Measure(new ImageGrid(5, 1, 1, 2, 1, 1), [true, false, false, false, true],
            [10, 0, 0, 0, 30], Cancellation);
        Assert.Equal(2 / 8.0, two.Weights, 1e-15);
        Assert.Equal(-1, SpatialCorrelation.Features[0].Value(two), 1e-12);
        Assert.Equal(1, SpatialCorrelation.Features[1].Value(two), 1e-12);
    }

    [Fact]
    public void One_value_or_one_voxel_has_no_index()
    {
        ImageGrid grid = new(2, 1, 1, 1, 1, 1);
        foreach (bool[] mask in new bool[][] { [true, true], [true, false] })
            foreach (Feature<SpatialCorrelationMeasures> feature in SpatialCorrelation.Features)
                Assert.False(double.IsFinite(feature.Value(SpatialCorrelation.Measure(grid, mask, [7, 7], Cancellation))));
    }

    [Fact]
    public void A_box_too_large_for_memory_is_refused_before_anything_is_allocated_unless_its_voxels_are_few()
    {
        ImageGrid grid = new(400, 400, 60, 1, 1, 1);
        var mask = new bool[grid.Count];
        (mask[0], mask[^1]) = (true, true);
        Assert.Equal(2, SpatialCorrelation.Measure(grid, mask, new double[grid.Count], Cancellation).Voxels);
        mask.AsSpan().Fill(true);
        Assert.Contains("4.0 GB of memory, at most 1 allowed", Assert.Throws<RadiomicsException>(
            () => SpatialCorrelation.Measure(grid, mask, new double[grid.Count], Cancellation)).Message, StringComparison.Ordinal);
    }

    private static void AssertClose(double expected, double actual, double size) =>
        Assert.True(Math.Abs(actual - expected) <= 1e-11 * Math.Max(1, Math.Abs(size)), $"{expected:R} and {actual:R}");
}
