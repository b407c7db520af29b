using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class Shape2DTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void One_pixel_is_a_rhombus_between_the_middles_of_its_edges()
    {
        Shape2DMeasures one = Shape2D.Measure(new ImageGrid(1, 1, 1, 3, 4, 9), [true], 0, Cancellation);
        Assert.Equal((6, 12, 4), (one.AreaMm2, one.PixelAreaMm2, one.DiameterMm));
        Assert.Equal(4 * 2.5, one.PerimeterMm, 1e-12);
        Assert.Equal((0, 0), (one.Major, one.Minor));
    }

    /// <summary>
    /// Values of PyRadiomics' algorithm written down anew (its segments a square, summed cross products and lengths, all pairs of vertices) in
    /// another language, run over the mask ##.#/.##./#..# with pixels of 0.5 x 0.8 mm.
    /// </summary>
    [Fact]
    public void A_ragged_mask_has_the_values_of_the_outline_walked_segment_by_segment()
    {
        bool[] mask = [true, true, false, true, false, true, true, false, true, false, false, true];
        Dictionary<string, double> found = Values(Shape2D.Measure(new ImageGrid(4, 3, 1, 0.5, 0.8, 5), mask, 0, Cancellation));
        foreach ((string name, double expected) in Ragged) Assert.Equal(expected, found[name], 1e-12);
        Assert.Equal(Ragged.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
    }

    private static readonly Dictionary<string, double> Ragged = new()
    {
        ["MeshSurface"] = 1.9999999999999998,
        ["PixelSurface"] = 2.8000000000000003,
        ["Perimeter"] = 10.433981132056603,
        ["PerimeterSurfaceRatio"] = 5.2169905660283025,
        ["Sphericity"] = 0.48047399030266946,
        ["MaximumDiameter"] = 2.8301943396169813,
        ["MajorAxisLength"] = 2.6830021586430584,
        ["MinorAxisLength"] = 2.336199038465887,
        ["Elongation"] = 0.87074064809826,
    };

    [Fact]
    public void The_slice_may_lie_across_any_dimension() =>
        Gen.Select(Gen.Int[1, 7], Gen.Int[1, 7], Gen.Int[1, 10000]).Sample((columns, rows, seed) =>
        {
            Random random = new(seed);
            bool[] mask = [.. Enumerable.Range(0, columns * rows).Select(_ => random.Next(2) == 0)];
            if (!mask.Contains(true)) return;
            Shape2DMeasures z = Shape2D.Measure(new ImageGrid(columns, rows, 1, 0.5, 0.7, 5), mask, 0, Cancellation);
            Assert.Equal(z, Shape2D.Measure(new ImageGrid(columns, 1, rows, 0.5, 5, 0.7), mask, 1, Cancellation));
            Assert.Equal(z, Shape2D.Measure(new ImageGrid(1, columns, rows, 5, 0.5, 0.7), mask, 2, Cancellation));
        }, iter: 100);

    [Fact]
    public void A_disc_is_nearly_round()
    {
        const int size = 81;
        bool[] mask = [.. Enumerable.Range(0, size * size).Select(i => Math.Pow(i % size - 40, 2) + Math.Pow(i / size - 40, 2) <= 38 * 38)];
        Shape2DMeasures disc = Shape2D.Measure(new ImageGrid(size, size, 1, 0.5, 0.5, 5), mask, 0, Cancellation);
        Dictionary<string, double> found = Values(disc);
        Assert.Equal(Math.PI * 19 * 19, found["MeshSurface"], 8.0);
        Assert.Equal(38.5, found["MaximumDiameter"], 0.2);
        Assert.Equal(38, found["MajorAxisLength"], 0.2);
        Assert.Equal(1, found["Elongation"], 1e-12);
        Assert.InRange(found["Sphericity"], 0.92, 1);
    }

    [Fact]
    public void More_than_one_slice_and_force2D_off_are_refused_with_the_remedy()
    {
        ImageGrid grid = new(1, 2, 2, 1, 1, 1);
        bool[] mask = [true, false, false, true];
        Assert.Contains("2 slices in dimension 0", Refusal(0), StringComparison.Ordinal);
        Assert.Contains("2 slices in dimension 1", Refusal(1), StringComparison.Ordinal);
        Assert.Contains("set force2D", Refusal(null), StringComparison.Ordinal);
        Assert.Equal(2, Shape2D.Measure(grid, mask, 2, Cancellation).PixelAreaMm2);

        string Refusal(int? dimension) => Assert.Throws<RadiomicsException>(() => Shape2D.Measure(grid, mask, dimension, Cancellation)).Message;
    }

    private static Dictionary<string, double> Values(Shape2DMeasures measures) =>
        Shape2D.Features.ToDictionary(feature => feature.PyRadiomics!, feature => feature.Value(measures));
}
