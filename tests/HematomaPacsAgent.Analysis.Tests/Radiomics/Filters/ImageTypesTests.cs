using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Filters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Filters;

public sealed class ImageTypesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Gen<(ScalarImage Image, Box Box)> Boxes =
        from nx in Gen.Int[1, 24]
        from ny in Gen.Int[1, 17]
        from nz in Gen.Int[1, 12]
        from seed in Gen.Int[0, 1 << 20]
        from x in Gen.Int[0, nx - 1]
        from y in Gen.Int[0, ny - 1]
        from z in Gen.Int[0, nz - 1]
        from sx in Gen.Int[1, nx - x]
        from sy in Gen.Int[1, ny - y]
        from sz in Gen.Int[1, nz - z]
        select (Noise(seed, new ImageGrid(nx, ny, nz, 0.5, 0.625, 1)), new Box(x, y, z, sx, sy, sz));

    private static readonly ImageType[] Local =
    [
        new ImageType.Original(), new ImageType.Square(), new ImageType.SquareRoot(), new ImageType.Logarithm(), new ImageType.Exponential(),
        new ImageType.Gradient(), new ImageType.Wavelet(), new ImageType.Wavelet { Family = "db3", Levels = 2, StartLevel = 1 },
        new ImageType.Wavelet { Family = "sym2", Force2DDimension = 1 }, new ImageType.LocalBinaryPattern2D { Radius = 1.7 },
        new ImageType.LocalBinaryPattern2D { Method = LbpMethod.Var, SliceDimension = 1 },
        new ImageType.LocalBinaryPattern2D { Samples = 5, SliceDimension = 2 },
    ];

    [Fact]
    public void A_box_gets_bit_for_bit_what_the_whole_image_has_there() =>
        Boxes.Sample(sample =>
        {
            (ScalarImage image, Box box) = sample;
            ImageGrid grid = image.Grid;
            IReadOnlyList<FilteredImage> parts = ImageTypes.Of(image, box, Local).Images, wholes = ImageTypes.Of(image, grid.Whole, Local).Images;
            return parts.Zip(wholes).All(pair =>
                pair.First.Compute(Token).SequenceEqual(box.Cut<double>(pair.Second.Compute(Token), grid.SizeX, grid.SizeY)));
        }, iter: 200);

    [Fact]
    public void A_box_gets_the_LoG_that_the_whole_image_has_there_wherever_the_tails_are_cut() =>
        Boxes.Where(sample => new[] { sample.Image.Grid.SizeX, sample.Image.Grid.SizeY, sample.Image.Grid.SizeZ }.Min() >= 4).Sample(sample =>
        {
            (ScalarImage image, Box box) = sample;
            ImageGrid grid = image.Grid;

            // Twenty sigma are 2 to 10 voxels: the box's surroundings are cut off on some sides and reach the border on others.
            ImageType[] types = [new ImageType.LaplacianOfGaussian([LogSigma.Of(0.06), LogSigma.Of(0.12), LogSigma.Of(0.25), LogSigma.Of(1)])];
            IReadOnlyList<FilteredImage> parts = ImageTypes.Of(image, box, types).Images, wholes = ImageTypes.Of(image, grid.Whole, types).Images;
            Assert.NotEmpty(parts);
            return parts.Zip(wholes).All(pair =>
            {
                double[] whole = pair.Second.Compute(Token), part = pair.First.Compute(Token);
                double range = whole.Max(Math.Abs);
                return part.Zip(box.Cut<double>(whole, grid.SizeX, grid.SizeY)).All(two => Math.Abs(two.First - two.Second) <= 1e-9 * range);
            });
        }, iter: 200);

    [Fact]
    public void Images_have_PyRadiomics_names_and_order()
    {
        ScalarImage image = Noise(1, new ImageGrid(12, 12, 12, 1, 1, 1));
        ImageType[] types =
        [
            new ImageType.Original(),
            new ImageType.LaplacianOfGaussian([LogSigma.Of(1), LogSigma.Parse("2"), LogSigma.Parse("2.50"), LogSigma.Parse("0.5")]),
            new ImageType.Square(), new ImageType.SquareRoot(), new ImageType.Logarithm(), new ImageType.Exponential(), new ImageType.Gradient(),
            new ImageType.LocalBinaryPattern2D(), new ImageType.Wavelet { Levels = 2, StartLevel = 1 }, new ImageType.Wavelet { Force2DDimension = 0 },
        ];
        Assert.Equal(
            [
                "original", "log-sigma-1-0-mm-3D", "log-sigma-2-mm-3D", "log-sigma-2-5-mm-3D", "log-sigma-0-5-mm-3D", "square", "squareroot", "logarithm",
                "exponential", "gradient", "lbp-2D",
                "wavelet-LLH", "wavelet-LHL", "wavelet-LHH", "wavelet-HLL", "wavelet-HLH", "wavelet-HHL", "wavelet-HHH",
                "wavelet2-LLH", "wavelet2-LHL", "wavelet2-LHH", "wavelet2-HLL", "wavelet2-HLH", "wavelet2-HHL", "wavelet2-HHH", "wavelet2-LLL",
                "wavelet-LH", "wavelet-HL", "wavelet-HH", "wavelet-LL",
            ],
            ImageTypes.Of(image, image.Grid.Whole, types).Images.Select(made => made.Prefix));
    }

    [Fact]
    public void A_width_that_PyRadiomics_skips_gives_a_warning_and_no_image()
    {
        ScalarImage image = Noise(1, new ImageGrid(12, 12, 5, 1, 1, 4));
        FilteredImages made = ImageTypes.Of(image, image.Grid.Whole,
            [new ImageType.LaplacianOfGaussian([LogSigma.Of(11), LogSigma.Of(11.5), LogSigma.Of(0), LogSigma.Of(16)])]);
        Assert.Equal(["log-sigma-11-0-mm-3D"], made.Images.Select(filtered => filtered.Prefix));
        Assert.Collection(made.Warnings,
            warning => Assert.Contains("11.5 mm: an image of 12 x 12 x 5 voxels is too small", warning, StringComparison.Ordinal),
            warning => Assert.Contains("0 mm: sigma must be above 0", warning, StringComparison.Ordinal),
            warning => Assert.Contains("16 mm: an image of 12 x 12 x 5 voxels is too small", warning, StringComparison.Ordinal));

        ScalarImage flat = Noise(1, new ImageGrid(12, 12, 3, 1, 1, 4));
        Assert.Contains("needs 4 along each axis",
            Assert.Single(ImageTypes.Of(flat, flat.Grid.Whole, [new ImageType.LaplacianOfGaussian([LogSigma.Of(1)])]).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range_are_refused_with_what_would_do()
    {
        Says("wavelet 'bior1.3' is not supported: use one of haar, db1 to db10", () => new ImageType.Wavelet { Family = "bior1.3" });
        Says("level 0", () => new ImageType.Wavelet { Levels = 0 });
        Says("start level -1", () => new ImageType.Wavelet { StartLevel = -1 });
        Says("2D dimension 3", () => new ImageType.Wavelet { Force2DDimension = 3 });
        Says("0 LBP samples", () => new ImageType.LocalBinaryPattern2D { Samples = 0 });
        Says("LBP radius NaN", () => new ImageType.LocalBinaryPattern2D { Radius = double.NaN });
        Says("sigma 'wide'", () => LogSigma.Parse("wide"));
        Says("sigma NaN", () => LogSigma.Of(double.NaN));
        Says("4096 MiB, more than 2048", () => { ImageTypes.CheckMemory("this", 1L << 29); return 0; });
        ScalarImage image = Noise(1, new ImageGrid(4, 4, 4, 1, 1, 1));
        Says("not inside the image of 4 x 4 x 4", () => ImageTypes.Of(image, new Box(1, 0, 0, 4, 4, 4), []));
        Says("out of proportion", () => new RecursiveGaussian(1e-4, 1));
    }

    [Fact]
    public void Filters_of_the_whole_range_refuse_an_image_that_has_none()
    {
        ImageGrid grid = new(3, 3, 3, 1, 1, 1);
        ScalarImage zero = new(grid, new double[27]), broken = new(grid, [.. Enumerable.Range(0, 27).Select(i => i == 26 ? double.NaN : i)]);
        ImageType[] types = [new ImageType.Square(), new ImageType.Logarithm(), new ImageType.Exponential()];
        foreach (FilteredImage image in ImageTypes.Of(zero, grid.Whole, types).Images) Says("the image is 0 everywhere", () => image.Compute(Token));
        foreach (FilteredImage image in ImageTypes.Of(broken, new Box(0, 0, 0, 1, 1, 1), types).Images)
            Says("no finite number (NaN)", () => image.Compute(Token));
        Assert.All(ImageTypes.Of(zero, grid.Whole, [new ImageType.SquareRoot()]).Images.Single().Compute(Token), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Every_filter_can_be_given_up()
    {
        ScalarImage image = Noise(1, new ImageGrid(8, 8, 8, 1, 1, 1));
        ImageType[] types = [.. Local[1..], new ImageType.LaplacianOfGaussian([LogSigma.Of(1)])];
        foreach (FilteredImage filtered in ImageTypes.Of(image, image.Grid.Whole, types).Images)
            Assert.Throws<OperationCanceledException>(() => filtered.Compute(new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Images_made_at_the_same_time_are_those_made_one_by_one()
    {
        ScalarImage image = Noise(7, new ImageGrid(31, 30, 9, 1, 1, 1));
        Box box = new(3, 2, 1, 20, 21, 7);
        ImageType[] types = [new ImageType.Wavelet { Levels = 2 }, new ImageType.Square(), new ImageType.Logarithm()];
        double[][] single = [.. ImageTypes.Of(image, box, types).Images.Select(made => made.Compute(Token))];
        double[][] parallel =
            [.. ImageTypes.Of(image, box, types).Images.AsParallel().AsOrdered().WithDegreeOfParallelism(8).Select(made => made.Compute(Token))];
        Assert.Equal(single, parallel);
    }

    [Theory]
    [InlineData("haar", 1, 1)]
    [InlineData("db", 1, 10)]
    [InlineData("sym", 2, 10)]
    [InlineData("coif", 1, 5)]
    public void Wavelets_are_orthonormal_and_blind_to_as_many_powers_as_they_should_be(string family, int least, int most)
    {
        for (int order = least; order <= most; order++)
        {
            double[] low = [.. WaveletFilters.LowPass(family == "haar" ? family : $"{family}{order}")], high = WaveletFilters.HighPass(low);
            Assert.Equal(family == "coif" ? 6 * order : 2 * order, low.Length);
            for (int shift = 0; shift < low.Length; shift += 2)
            {
                double expected = shift == 0 ? 1 : 0;
                Assert.Equal(expected, Enumerable.Range(shift, low.Length - shift).Sum(k => low[k] * low[k - shift]), 1e-11);
                Assert.Equal(expected, Enumerable.Range(shift, low.Length - shift).Sum(k => high[k] * high[k - shift]), 1e-11);
            }

            Assert.Equal(Math.Sqrt(2), low.Sum(), 1e-11);
            int moments = family == "coif" ? 2 * order : order;
            for (int power = 0; power < moments; power++)
                Assert.Equal(0, high.Select((value, k) => value * Math.Pow((double)k / low.Length, power)).Sum(), 1e-10);
        }
    }

    private static ScalarImage Noise(int seed, ImageGrid grid)
    {
        long state = seed;
        return new ScalarImage(grid, [.. Enumerable.Range(0, grid.Count).Select(_ => Next() % 200.0 - 60)]);

        long Next() => (state = (state * 1103515245 + 12345) % (1L << 31)) >> 16;
    }

    private static void Says(string part, Func<object> attempt) =>
        Assert.Contains(part, Assert.Throws<RadiomicsException>(attempt).Message, StringComparison.Ordinal);
}
