using System.Numerics;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>Each filter against the sum or the transform that defines it, written down as plainly as it goes.</summary>
public sealed class FilterDefinitionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_mean_filter_is_the_mean_of_the_neighbourhood()
    {
        ScalarImage image = Images.Noise(1, 9, 8, 7);
        Images.Same(Sum(image, 2, 2, (_, _, _) => 1 / 125.0), Whole(new MeanFilter(FilterDimension.Volume, 5), image), 1e-11);
        Images.Same(Sum(image, 2, 0, (_, _, _) => 1 / 25.0), Whole(new MeanFilter(FilterDimension.InPlane, 5), image), 1e-11);
    }

    [Theory]
    [InlineData(FilterDimension.InPlane)]
    [InlineData(FilterDimension.Volume)]
    public void A_Laplacian_of_Gaussian_is_the_sampled_formula(FilterDimension dimension)
    {
        (double sigma, int d) = (1.2 / 0.8, dimension == FilterDimension.Volume ? 3 : 2);
        ScalarImage image = Images.Noise(2, 11, 7, 9, 0.8, 0.8, 0.8);

        double[] response = Whole(new LaplacianOfGaussianFilter(dimension, 1.2), image);

        Images.Same(Sum(image, 6, d == 3 ? 6 : 0, Kernel), response, 1e-10);

        double Kernel(int x, int y, int z)
        {
            double r2 = x * x + y * y + z * z, s2 = sigma * sigma;
            return (r2 / s2 - d) / s2 * Math.Exp(-r2 / (2 * s2)) / Math.Pow(Math.Sqrt(2 * Math.PI) * sigma, d);
        }
    }

    [Fact]
    public void A_Laplacian_takes_anisotropic_voxels_in_mm()
    {
        // f = x^2 + 3 y^2 + 5 z^2 in mm has the Laplacian 18 per mm2, which is 18 * 0.5^2 per squared voxel of x.
        ScalarImage image = Images.Of(81, 41, 41,
            (x, y, z) => Math.Pow((x - 40) * 0.5, 2) + 3 * Math.Pow(y - 20, 2) + 5 * Math.Pow((z - 20) * 0.8, 2), 0.5, 1, 0.8);

        double centre = new LaplacianOfGaussianFilter(FilterDimension.Volume, 2).Respond(image, new Box(40, 20, 20, 1, 1, 1), Token)[0];

        Assert.Equal(18 * 0.25, centre, 0.03 * 18 * 0.25);
    }

    [Theory]
    [InlineData(1.0, 60, null)]
    [InlineData(0.7, 0, 45.0)]
    [InlineData(1.5, 10, 72.0)]
    public void A_Gabor_response_is_the_modulus_of_the_complex_sum(double gamma, double theta, double? step)
    {
        ScalarImage image = Images.Noise(3, 9, 8, 3, 1.1, 1.1, 1.1);
        double reach = 6 * 1.3 * Math.Max(1, 1 / gamma) / 1.1;
        int angles = step is { } s ? (int)(360 / s) : 1;
        var expected = new double[image.Voxels.Length];
        for (int a = 0; a < angles; a++)
        {
            double radians = (theta + a * (step ?? 0)) * Math.PI / 180;
            double[] re = Sum(image, (int)Math.Ceiling(reach), 0, (x, y, _) => Kernel(x * 1.1, y * 1.1, radians).Real),
                im = Sum(image, (int)Math.Ceiling(reach), 0, (x, y, _) => Kernel(x * 1.1, y * 1.1, radians).Imaginary);
            for (int i = 0; i < expected.Length; i++) expected[i] += Math.Sqrt(re[i] * re[i] + im[i] * im[i]) / angles;
        }

        double[] response = Whole(new GaborFilter(FilterDimension.InPlane, 1.3, 2.5, gamma) { ThetaDegrees = theta, StepDegrees = step }, image);

        Images.Same(expected, response, 1e-9);

        Complex Kernel(double x, double y, double radians)
        {
            double u = x * Math.Cos(radians) + y * Math.Sin(radians), v = y * Math.Cos(radians) - x * Math.Sin(radians);
            return Complex.FromPolarCoordinates(Math.Exp(-(u * u + gamma * gamma * v * v) / (2 * 1.3 * 1.3)), 2 * Math.PI * u / 2.5);
        }
    }

    [Fact]
    public void In_a_volume_Gabor_responses_in_the_three_orthogonal_planes_are_averaged()
    {
        ScalarImage image = Images.Noise(4, 8, 9, 10);
        var plane = new GaborFilter(FilterDimension.InPlane, 1, 3, 1.2) { StepDegrees = 45 };
        ScalarImage xz = Images.Of(8, 10, 9, (x, z, y) => image.At(x, y, z)), yz = Images.Of(9, 10, 8, (y, z, x) => image.At(x, y, z));
        (ScalarImage b, ScalarImage c) = (new(xz.Grid, Whole(plane, xz)), new(yz.Grid, Whole(plane, yz)));
        ScalarImage a = new(image.Grid, Whole(plane, image));

        double[] response = Whole(new GaborFilter(FilterDimension.Volume, 1, 3, 1.2) { StepDegrees = 45 }, image);

        Images.Same(Images.Of(8, 9, 10, (x, y, z) => (a.At(x, y, z) + b.At(x, z, y) + c.At(y, z, x)) / 3).Voxels, response, 1e-9);
    }

    [Theory]
    [InlineData(FilterDimension.InPlane)]
    [InlineData(FilterDimension.Volume)]
    public void Pooled_turns_are_those_of_the_image_turned_filtered_and_turned_back(FilterDimension dimension)
    {
        ScalarImage image = Images.Noise(5, 9, 7, 8);
        bool volume = dimension == FilterDimension.Volume;
        var wavelet = new WaveletFilter(dimension, WaveletFamily.Daubechies3, volume ? "LHL" : "LH", 2);
        var laws = new LawsFilter(dimension, volume ? "E5W5E3" : "E5S3");

        Images.Same(Pooled(image, wavelet, volume, (a, b) => a + b, count => 1.0 / count),
            Whole(wavelet with { Rotations = RotationPooling.Mean }, image), 1e-10);
        Images.Same(Pooled(image, laws, volume, Math.Max, _ => 1), Whole(laws with { Rotations = RotationPooling.Max }, image), 1e-10);
    }

    [Fact]
    public void The_first_letter_of_a_map_and_the_first_Laws_kernel_work_along_x()
    {
        ScalarImage stripes = Images.Of(8, 8, 4, (x, _, _) => x % 2 == 0 ? 1 : -1);

        Assert.All(Whole(new WaveletFilter(FilterDimension.InPlane, WaveletFamily.Haar, "HL") { Boundary = FilterBoundary.Periodic }, stripes),
            value => Assert.Equal(2, Math.Abs(value), 1e-12));
        Assert.All(Whole(new WaveletFilter(FilterDimension.Volume, WaveletFamily.Haar, "LHH"), stripes), value => Assert.Equal(0, value, 1e-12));
        Assert.All(Whole(new LawsFilter(FilterDimension.InPlane, "L3R5") { Boundary = FilterBoundary.Periodic }, stripes),
            value => Assert.Equal(0, value, 1e-12));
    }

    /// <summary>Low-pass taps as PyWavelets 1.1.1 prints them (dec_lo); its dec_hi has them backwards with alternating signs.</summary>
    [Theory]
    [InlineData(WaveletFamily.Haar, new[] { 0.7071067811865476, 0.7071067811865476 })]
    [InlineData(WaveletFamily.Daubechies2, new[] { -0.12940952255126037, 0.2241438680420134, 0.8365163037378079, 0.48296291314453416 })]
    [InlineData(WaveletFamily.Daubechies3, new[]
    {
        0.03522629188570953, -0.08544127388202666, -0.13501102001025458,
        0.45987750211849154, 0.8068915093110925, 0.33267055295008263,
    })]
    [InlineData(WaveletFamily.Coiflet1, new[]
    {
        -0.015655728135791993, -0.07273261951252645, 0.3848648468648578,
        0.8525720202116004, 0.3378976624574818, -0.07273261951252645,
    })]
    public void Wavelet_taps_are_those_of_the_tables_centred_on_the_second_of_the_middle_two(WaveletFamily family, double[] low)
    {
        double[] high = [.. low.Reverse().Select((tap, k) => k % 2 == 0 ? -tap : tap)];
        ScalarImage impulse = Images.Impulse(11);
        int n = low.Length;

        foreach ((string map, double[] taps) in new[] { ("LL", low), ("HL", high) })
        {
            double[] row = new WaveletFilter(FilterDimension.InPlane, family, map).Respond(impulse, new Box(5 - n / 2, 5, 5, n, 1, 1), Token);
            // Across, the impulse meets the low-pass tap at the centre.
            Images.Same([.. taps.Select(tap => tap * low[n / 2])], row, 1e-11);
        }
    }

    [Theory]
    [InlineData(WaveletFamily.Haar)]
    [InlineData(WaveletFamily.Daubechies2)]
    [InlineData(WaveletFamily.Daubechies3)]
    [InlineData(WaveletFamily.Coiflet1)]
    public void Level_one_maps_together_hold_the_energy_of_a_periodic_image_four_times(WaveletFamily family)
    {
        ScalarImage image = Images.Noise(6, 16, 12, 3);

        double energy = new[] { "LL", "LH", "HL", "HH" }.Sum(map =>
            Whole(new WaveletFilter(FilterDimension.InPlane, family, map) { Boundary = FilterBoundary.Periodic }, image).Sum(value => value * value));

        Assert.Equal(4 * image.Voxels.Sum(value => value * value), energy, 1e-6);
    }

    [Fact]
    public void Laws_energy_is_the_mean_absolute_response_in_the_neighbourhood()
    {
        ScalarImage image = Images.Noise(7, 12, 11, 9);
        double[] response = Whole(new LawsFilter(FilterDimension.Volume, "L5E5S3"), image);
        ScalarImage absolute = new(image.Grid, [.. response.Select(Math.Abs)]);

        Images.Same(Sum(absolute, 3, 3, (_, _, _) => 1 / 343.0),
            Whole(new LawsFilter(FilterDimension.Volume, "L5E5S3") { EnergyDistance = 3 }, image), 1e-10);
    }

    [Theory]
    [InlineData(12, 10, 8, 1)]
    [InlineData(13, 10, 9, 2)]
    [InlineData(16, 16, 1, 1)]
    public void A_Simoncelli_response_is_the_inverse_transform_of_the_weighted_transform(int sizeX, int sizeY, int sizeZ, int level)
    {
        ScalarImage image = Images.Noise(8, sizeX, sizeY, sizeZ);
        double widest = Math.Pow(0.5, level - 1);
        Complex[] spectrum = [.. image.Voxels.Select(value => new Complex(value, 0))];
        Fourier3.Forward(spectrum, sizeX, sizeY, sizeZ, Token);
        for (int i = 0; i < spectrum.Length; i++)
        {
            double f = Math.Sqrt(Square(i % sizeX, sizeX) + Square(i / sizeX % sizeY, sizeY) + Square(i / sizeX / sizeY, sizeZ));
            spectrum[i] *= i > 0 && f > widest / 4 && f <= widest ? Math.Cos(Math.PI / 2 * Math.Log2(2 * f / widest)) : 0;
        }

        Fourier3.Inverse(spectrum, sizeX, sizeY, sizeZ, Token);

        Images.Same([.. spectrum.Select(value => value.Real)], Whole(new SimoncelliFilter(FilterDimension.Volume, level), image), 1e-10);

        static double Square(int k, int size) => size == 1 ? 0 : Math.Pow(-1 + 2.0 * (k < (size + 1) / 2 ? k + size / 2 : k - (size + 1) / 2) / (size - 1), 2);
    }

    private static double[] Whole(IbsiFilter filter, ScalarImage image) => filter.Respond(image, image.Grid.Whole, Token);

    /// <summary>Convolution with a kernel on a box of voxels, the image mirrored at its edges.</summary>
    private static double[] Sum(ScalarImage image, int reach, int reachZ, Func<int, int, int, double> kernel)
    {
        ImageGrid g = image.Grid;
        return Images.Of(g.SizeX, g.SizeY, g.SizeZ, (x, y, z) =>
        {
            double sum = 0;
            for (int k = -reachZ; k <= reachZ; k++)
                for (int j = -reach; j <= reach; j++)
                    for (int i = -reach; i <= reach; i++)
                        sum += kernel(i, j, k) * image.At(Mirror(x - i, g.SizeX), Mirror(y - j, g.SizeY), Mirror(z - k, g.SizeZ));
            return sum;
        }).Voxels;

        static int Mirror(int at, int size)
        {
            while (at < 0 || at >= size) at = at < 0 ? -1 - at : 2 * size - 1 - at;
            return at;
        }
    }

    /// <summary>Walks through turns until all 4 (24) have been met, each filtered and turned back.</summary>
    private static double[] Pooled(ScalarImage image, IbsiFilter filter, bool volume, Func<double, double, double> pool, Func<int, double> weight)
    {
        // A labelled box tells turns apart: where its corner voxel and two neighbours went.
        List<int[]> ways = [[]];
        Dictionary<string, int[]> found = [];
        ScalarImage labels = Images.Of(2, 3, 4, (x, y, z) => x + 10 * y + 100 * z);
        while (ways.Count > 0)
        {
            List<int[]> next = [];
            foreach (int[] way in ways)
            {
                ScalarImage turned = way.Aggregate(labels, (one, about) => one.Turned(about));
                if (!found.TryAdd($"{turned.Grid.SizeX} {turned.Grid.SizeY} {string.Join(',', turned.Voxels)}", way)) continue;
                next.Add([.. way, 0]);
                if (volume) next.Add([.. way, 1]);
            }

            ways = next;
        }

        Assert.Equal(volume ? 24 : 4, found.Count);
        double[]? pooled = null;
        foreach (int[] way in found.Values)
        {
            ScalarImage turned = way.Aggregate(image, (one, about) => one.Turned(about));
            ScalarImage response = new(turned.Grid, Whole(filter, turned));
            foreach (int about in way.Reverse()) response = response.Turned(about).Turned(about).Turned(about);
            pooled = pooled is null ? response.Voxels : [.. pooled.Zip(response.Voxels, pool)];
        }

        return [.. pooled!.Select(value => value * weight(found.Count))];
    }
}
