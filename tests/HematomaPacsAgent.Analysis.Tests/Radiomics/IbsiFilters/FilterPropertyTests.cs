using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

public sealed class FilterPropertyTests
{
    private const FilterDimension InPlane = FilterDimension.InPlane, Volume = FilterDimension.Volume;

    private static readonly IbsiFilter[] Linear =
    [
        new MeanFilter(InPlane, 3), new MeanFilter(Volume, 5), new LaplacianOfGaussianFilter(InPlane, 0.8), new LaplacianOfGaussianFilter(Volume, 1.3),
        new LawsFilter(InPlane, "L5E5"), new LawsFilter(Volume, "S5R5W5"), new WaveletFilter(InPlane, WaveletFamily.Coiflet1, "LH", 3),
        new WaveletFilter(Volume, WaveletFamily.Daubechies3, "LHH", 2) { Rotations = RotationPooling.Mean },
        new WaveletFilter(Volume, WaveletFamily.Haar, "HHL"), new SimoncelliFilter(InPlane), new SimoncelliFilter(Volume, 2),
    ];

    private static readonly IbsiFilter[] Others =
    [
        new LawsFilter(InPlane, "E3W5") { EnergyDistance = 4 }, new LawsFilter(Volume, "L5E5E5") { EnergyDistance = 2, Rotations = RotationPooling.Max },
        new GaborFilter(InPlane, 1, 2, 1.5) { StepDegrees = 22.5 }, new GaborFilter(Volume, 0.8, 3, 0.6) { StepDegrees = 90, Pooling = RotationPooling.Max },
        new WaveletFilter(InPlane, WaveletFamily.Daubechies2, "HH", 2) { Rotations = RotationPooling.Max },
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Gen<(IbsiFilter, ScalarImage)> AnyCase =
        from filter in Gen.Int[0, Linear.Length + Others.Length - 1].Select(i => i < Linear.Length ? Linear[i] : Others[i - Linear.Length])
        from boundary in Gen.Enum<FilterBoundary>()
        from seed in Gen.Int[0, 1000]
        from x in Gen.Int[1, 24]
        from y in Gen.Int[1, 20]
        from z in Gen.Int[1, 16]
        from spacing in Gen.Double[0.6, 1.6]
        select (filter with { Boundary = boundary }, Images.Noise(seed, x, y, z, 1, spacing, 1 / spacing));

    [Fact]
    public void The_response_in_a_box_is_the_whole_response_there()
    {
        Gen<((IbsiFilter Filter, ScalarImage Image) Case, double[] Cut)> boxes = Gen.Select(AnyCase, Gen.Double[0, 1].Array[6]);
        boxes.Sample(one =>
        {
            ImageGrid g = one.Case.Image.Grid;
            ((int x, int sizeX), (int y, int sizeY), (int z, int sizeZ)) = (Part(g.SizeX, 0), Part(g.SizeY, 2), Part(g.SizeZ, 4));
            var box = new Box(x, y, z, sizeX, sizeY, sizeZ);
            double[] whole = one.Case.Filter.Respond(one.Case.Image, g.Whole, Token);

            Images.Same(box.Cut<double>(whole, g.SizeX, g.SizeY), one.Case.Filter.Respond(one.Case.Image, box, Token), 1e-9);

            (int, int) Part(int size, int at)
            {
                int first = Math.Min(size - 1, (int)(one.Cut[at] * size));
                return (first, 1 + (int)(one.Cut[at + 1] * (size - first - 1)));
            }
        }, iter: 300);
    }

    [Fact]
    public void Linear_filters_respond_to_a_sum_with_the_sum()
    {
        foreach (IbsiFilter filter in Linear)
        {
            (ScalarImage a, ScalarImage b) = (Images.Noise(1, 13, 12, 11), Images.Noise(2, 13, 12, 11));
            ScalarImage sum = new(a.Grid, [.. a.Voxels.Zip(b.Voxels, (x, y) => 2 * x - 3 * y)]);
            Images.Same([.. Whole(filter, a).Zip(Whole(filter, b), (x, y) => 2 * x - 3 * y)], Whole(filter, sum), 1e-9);
        }
    }

    [Fact]
    public void Nonlinear_filters_respond_to_a_doubled_image_with_the_double()
    {
        foreach (IbsiFilter filter in Others)
        {
            ScalarImage a = Images.Noise(3, 13, 12, 11), doubled = new(a.Grid, [.. a.Voxels.Select(x => 2 * x)]);
            Images.Same([.. Whole(filter, a).Select(x => 2 * x)], Whole(filter, doubled), 1e-9);
        }
    }

    [Fact]
    public void A_constant_image_has_the_response_that_the_kernel_sums_to()
    {
        ScalarImage image = Images.Of(20, 18, 16, (_, _, _) => 50);
        (IbsiFilter, double)[] sums =
        [
            (new MeanFilter(Volume, 3), 1), (new LawsFilter(InPlane, "L5L3"), 16 / Math.Sqrt(70) * 4 / Math.Sqrt(6)),
            (new LawsFilter(Volume, "L5E5L3"), 0), (new LawsFilter(InPlane, "S5R5"), 0), (new LawsFilter(InPlane, "W5L5") { EnergyDistance = 1 }, 0),
            (new WaveletFilter(Volume, WaveletFamily.Daubechies3, "LLL"), Math.Pow(2, 1.5)), (new WaveletFilter(InPlane, WaveletFamily.Coiflet1, "LL", 2), 4),
            (new WaveletFilter(Volume, WaveletFamily.Haar, "LLH") { Rotations = RotationPooling.Mean }, 0), (new SimoncelliFilter(Volume), 0),
            (new SimoncelliFilter(InPlane, 3), 0),
        ];
        foreach ((IbsiFilter filter, double sum) in sums) Assert.All(Whole(filter, image), value => Assert.Equal(50 * sum, value, 1e-10));
        // The tails cut off would have added 2 G'(8.5) a dimension, that is 0.0152 for 50 HU, by the midpoint rule.
        Assert.All(Whole(new LaplacianOfGaussianFilter(Volume, 2), image), value => Assert.Equal(-0.0152, value, 0.003));
    }

    [Fact]
    public void Waves_of_the_filters_own_length_and_direction_excite_a_Gabor_filter_most()
    {
        ScalarImage waves = Images.Of(40, 40, 1, (x, y, _) => Math.Cos(2 * Math.PI * (x * Math.Cos(Math.PI / 6) + y * Math.Sin(Math.PI / 6)) / 5));

        double[] centre = [.. Enumerable.Range(0, 12).Select(i =>
            new GaborFilter(InPlane, 3, 5, 1) { ThetaDegrees = 15 * i }.Respond(waves, new Box(20, 20, 0, 1, 1, 1), Token)[0])];

        Assert.Equal(30, 15 * Array.IndexOf(centre, centre.Max()));
        // Half the Gaussian's integral, 2 pi sigma^2.
        Assert.Equal(Math.PI * 9, centre[2], 0.01);
    }

    [Theory]
    [InlineData(FilterBoundary.Mirror)]
    [InlineData(FilterBoundary.Nearest)]
    [InlineData(FilterBoundary.Periodic)]
    [InlineData(FilterBoundary.Zero)]
    public void What_lies_beyond_the_edge_is_what_the_boundary_says(FilterBoundary boundary)
    {
        const int Margin = 12, X = 7, Y = 5, Z = 6;
        ScalarImage image = Images.Noise(9, X, Y, Z), padded = Images.Of(X + 2 * Margin, Y + 2 * Margin, Z + 2 * Margin, (x, y, z) =>
        {
            (int i, int j, int k) = (Source(x - Margin, X), Source(y - Margin, Y), Source(z - Margin, Z));
            return i < 0 || j < 0 || k < 0 ? 0 : image.At(i, j, k);
        });
        IbsiFilter[] filters =
        [
            new MeanFilter(Volume, 15), new LaplacianOfGaussianFilter(Volume, 2.5), new LawsFilter(Volume, "W5L3E5"),
            new WaveletFilter(Volume, WaveletFamily.Daubechies3, "LHH") { Rotations = RotationPooling.Mean }, new GaborFilter(Volume, 1.8, 3, 1),
        ];
        foreach (IbsiFilter filter in filters)
            Images.Same(filter.Respond(padded, new Box(Margin, Margin, Margin, X, Y, Z), Token), Whole(filter with { Boundary = boundary }, image), 1e-9);

        int Source(int at, int size) => boundary switch
        {
            FilterBoundary.Zero => at >= 0 && at < size ? at : -1,
            FilterBoundary.Nearest => Math.Clamp(at, 0, size - 1),
            FilterBoundary.Periodic => ((at % size) + size) % size,
            // The image and its reflection, end to end.
            _ => ((at % (2 * size)) + 2 * size) % (2 * size) is var i && i < size ? i : 2 * size - 1 - i,
        };
    }

    [Fact]
    public void Slices_are_alone_in_the_plane()
    {
        ScalarImage image = Images.Noise(10, 12, 11, 3), slice = image.Crop(new Box(0, 0, 1, 12, 11, 1));
        foreach (IbsiFilter filter in Linear.Concat(Others).Where(filter => filter.Dimension == InPlane))
            Images.Same(Whole(filter, slice), filter.Respond(image, new Box(0, 0, 1, 12, 11, 1), Token), 1e-10);
    }

    [Fact]
    public void Names_are_different_and_fit_for_columns()
    {
        IbsiFilter[] filters = [.. Linear, .. Others, .. Linear.Concat(Others).Select(filter => filter with { Boundary = FilterBoundary.Zero })];
        Assert.Equal(filters.Length, filters.Select(filter => filter.Name).Distinct().Count());
        Assert.All(filters, filter => Assert.Matches("^[A-Za-z0-9._]+$", filter.Name));
        Assert.Equal("log_3D_s1.5", new LaplacianOfGaussianFilter(Volume, 1.5).Name);
        Assert.Equal("laws_3D_L5E5E5_d7_rotmax", new LawsFilter(Volume, "L5E5E5") { EnergyDistance = 7, Rotations = RotationPooling.Max }.Name);
        Assert.Equal("gabor_2D_s5_l2_g1.5_t22.5mean", new GaborFilter(InPlane, 5, 2, 1.5) { StepDegrees = 22.5 }.Name);
        Assert.Equal("wavelet_2D_db3_LH_l1_rotmean_nearest",
            new WaveletFilter(InPlane, WaveletFamily.Daubechies3, "LH") { Rotations = RotationPooling.Mean, Boundary = FilterBoundary.Nearest }.Name);
    }

    [Fact]
    public void A_filter_that_cannot_be_is_refused_with_the_reason()
    {
        (string Part, Action Make)[] wrong =
        [
            ("mean filter of 4", () => _ = new MeanFilter(Volume, 4)),
            ("mean filter of 0", () => _ = new MeanFilter(Volume, 0)),
            ("LoG sigma 0", () => _ = new LaplacianOfGaussianFilter(InPlane, 0)),
            ("LoG sigma NaN", () => _ = new LaplacianOfGaussianFilter(InPlane, double.NaN)),
            ("'L5E5'", () => _ = new LawsFilter(Volume, "L5E5")),
            ("'L5X5'", () => _ = new LawsFilter(InPlane, "L5X5")),
            ("''", () => _ = new LawsFilter(InPlane, "")),
            ("distance 0", () => _ = new LawsFilter(InPlane, "L5E5") { EnergyDistance = 0 }),
            ("lambda -1", () => _ = new GaborFilter(InPlane, 1, -1, 1)),
            ("step 50", () => _ = new GaborFilter(InPlane, 1, 1, 1) { StepDegrees = 50 }),
            ("theta NaN", () => _ = new GaborFilter(InPlane, 1, 1, 1) { ThetaDegrees = double.NaN }),
            ("'LHL'", () => _ = new WaveletFilter(InPlane, WaveletFamily.Haar, "LHL")),
            ("level 0", () => _ = new WaveletFilter(InPlane, WaveletFamily.Haar, "LH", 0)),
            ("level 9", () => _ = new SimoncelliFilter(Volume, 9)),
            ("FilterDimension 7", () => _ = new MeanFilter((FilterDimension)7, 3)),
            ("FilterBoundary 9", () => _ = new MeanFilter(Volume, 3) { Boundary = (FilterBoundary)9 }),
            ("leaves the image", () => new MeanFilter(Volume, 3).Respond(Images.Impulse(3), new Box(1, 1, 1, 3, 1, 1), Token)),
            ("smaller sigma", () => new LaplacianOfGaussianFilter(Volume, 900).Respond(Images.Impulse(3), new Box(1, 1, 1, 1, 1, 1), Token)),
            ("smaller sigma", () => new GaborFilter(Volume, 900, 3, 1).Respond(Images.Impulse(3), new Box(1, 1, 1, 1, 1, 1), Token)),
            ("smaller region", () => new GaborFilter(Volume, 300, 3, 1).Respond(Images.Impulse(3), new Box(1, 1, 1, 1, 1, 1), Token)),
            ("larger theta step", () => new GaborFilter(Volume, 100, 3, 1) { StepDegrees = 1 }.Respond(Images.Impulse(3), new Box(1, 1, 1, 1, 1, 1), Token)),
        ];
        foreach ((string part, Action make) in wrong) Assert.Contains(part, Assert.Throws<RadiomicsException>(make).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_filter_stops()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        foreach (IbsiFilter filter in Linear.Concat(Others))
            Assert.ThrowsAny<OperationCanceledException>(() => filter.Respond(Images.Impulse(5), new Box(0, 0, 0, 5, 5, 5), source.Token));
    }

    private static double[] Whole(IbsiFilter filter, ScalarImage image) => filter.Respond(image, image.Grid.Whole, Token);
}
