using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Filters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Filters;

/// <summary>
/// What ITK 5.2, PyWavelets 1.1, scikit-image 0.19 and numpy make of a made-up image: a weighted sum over all its voxels, and three of them. Patterns
/// that are NaN there count as 0.
/// </summary>
public sealed class FilterGoldenTests
{
    private static readonly Dictionary<string, ImageType> Types = new()
    {
        ["Square"] = new ImageType.Square(),
        ["SquareRoot"] = new ImageType.SquareRoot(),
        ["Logarithm"] = new ImageType.Logarithm(),
        ["Exponential"] = new ImageType.Exponential(),
        ["Gradient"] = new ImageType.Gradient(),
        ["Gradient per voxel"] = new ImageType.Gradient { UseSpacing = false },
        ["LoG 0.75"] = new ImageType.LaplacianOfGaussian([LogSigma.Of(0.75)]),
        ["LoG 2"] = new ImageType.LaplacianOfGaussian([LogSigma.Parse("2")]),
        ["haar"] = new ImageType.Wavelet { Family = "haar" },
        ["coif1"] = new ImageType.Wavelet(),
        ["db2"] = new ImageType.Wavelet { Family = "db2" },
        ["sym8"] = new ImageType.Wavelet { Family = "sym8" },
        ["coif5"] = new ImageType.Wavelet { Family = "coif5" },
        ["db10 from 1, 2 levels"] = new ImageType.Wavelet { Family = "db10", StartLevel = 1, Levels = 2 },
        ["db3 in 2D"] = new ImageType.Wavelet { Family = "db3", Force2DDimension = 0 },
        ["sym4 across y"] = new ImageType.Wavelet { Family = "sym4", Force2DDimension = 1 },
        ["LBP"] = new ImageType.LocalBinaryPattern2D(),
        ["LBP default 9"] = new ImageType.LocalBinaryPattern2D { Samples = 9, Radius = 1.3, Method = LbpMethod.Default },
        ["LBP ror"] = new ImageType.LocalBinaryPattern2D { Samples = 12, Radius = 2.7, Method = LbpMethod.Ror },
        ["LBP nri"] = new ImageType.LocalBinaryPattern2D { Samples = 9, Radius = 1.3, Method = LbpMethod.NriUniform },
        ["LBP across y"] = new ImageType.LocalBinaryPattern2D { Samples = 9, Radius = 1.3, SliceDimension = 1 },
        ["LBP var across x"] = new ImageType.LocalBinaryPattern2D { Samples = 9, Radius = 1.1, Method = LbpMethod.Var, SliceDimension = 2 },
        ["LBP var of whole numbers"] = new ImageType.LocalBinaryPattern2D { Method = LbpMethod.Var, WholeNumbers = true },
    };

    [Theory]
    [InlineData("Square", "square", 13857.4, 12.857142857142858, 3.657142857142857, 6.3)]
    [InlineData("SquareRoot", "squareroot", 16385.531456466626, -45.8257569495584, 33.46640106136302, 38.34057902536163)]
    [InlineData("Logarithm", "logarithm", 16980.88360909637, -56.39154504860567, 46.52588038621153, 50.759845443816076)]
    [InlineData("Exponential", "exponential", 8831.847414809527, 0.1618988251177445, 2.640807196710817, 3.5770862508726156)]
    [InlineData("Gradient", "gradient", 35310.633620262146, 5.686851501464844, 42.679115295410156, 31.49779510498047)]
    [InlineData("Gradient per voxel", "gradient", 25863.939081668854, 4.5552167892456055, 32.0078125, 27.0)]
    [InlineData("LoG 0.75", "log-sigma-0-75-mm-3D", -333.58587877452374, 11.326759338378906, -16.16351318359375, 6.280482292175293)]
    [InlineData("LoG 2", "log-sigma-2-mm-3D", -817.4799898825586, 17.273996353149414, -2.2291696071624756, 0.17471523582935333)]
    [InlineData("haar", "wavelet-HLL", -964.8472029290447, -6.010407640085654, -45.96194077712559, 28.284271247461906)]
    [InlineData("haar", "wavelet-LLL", 38554.64369080592, -61.87184335382291, 74.95331880577405, 72.83199846221441)]
    [InlineData("coif1", "wavelet-LLH", 2450.1819270967944, 0.44490155938840514, 22.97154457433889, 0.2948515230932881)]
    [InlineData("coif1", "wavelet-LHL", 2512.854075313814, 8.151795506847614, -20.001579083869757, -4.94607812680899)]
    [InlineData("coif1", "wavelet-HHH", -319.9243687082371, -0.37061321549796805, -20.525570980444392, 17.20268357492394)]
    [InlineData("coif1", "wavelet-LLL", 39303.92037240106, -57.20155183496278, 60.37319957216563, 43.27893978685706)]
    [InlineData("db2", "wavelet-LHH", 2863.96684331259, -1.420715158071939, 24.92898706003637, 19.082003029190773)]
    [InlineData("sym8", "wavelet-HLH", -1630.8677558498114, -1.0349283656583177, 18.722817373897247, 19.459171993642034)]
    [InlineData("coif5", "wavelet-HHL", -455.8171824538365, -20.939464529359185, -30.808010008663043, -14.087598308814185)]
    [InlineData("coif5", "wavelet-LLL", 39390.05994627187, 83.31522978236107, -8.580428377937084, 61.87780935754299)]
    [InlineData("db10 from 1, 2 levels", "wavelet-LHL", 988.0551340564912, 10.128738834917442, -7.51886017017881, -10.18246319444742)]
    [InlineData("db10 from 1, 2 levels", "wavelet2-HLH", -487.8810636988959, -4.819460697250566, 17.57694467583142, -5.097658343723239)]
    [InlineData("db10 from 1, 2 levels", "wavelet2-LLL", 318420.69752271875, 670.8405656661314, 238.20003067264653, 363.8124214532614)]
    [InlineData("db3 in 2D", "wavelet-HL", 123.0806866167377, -25.17007467703303, -22.166461685560478, 3.023406391238847)]
    [InlineData("db3 in 2D", "wavelet-LL", 27963.401225951653, 36.74675147793434, 58.79137136193181, 32.535806605612976)]
    [InlineData("sym4 across y", "wavelet-LH", 1591.8929596409153, 1.5747448764991063, -53.54368638515731, 31.73881075560721)]
    [InlineData("LBP", "lbp-2D", 3721.0, 8.0, 7.0, 1.0)]
    [InlineData("LBP default 9", "lbp-2D", 168602.0, 511.0, 187.0, 12.0)]
    [InlineData("LBP ror", "lbp-2D", 950782.0, 4095.0, 409.0, 11.0)]
    [InlineData("LBP nri", "lbp-2D", 29824.0, 73.0, 74.0, 17.0)]
    [InlineData("LBP across y", "lbp-2D", 3670.0, 9.0, 10.0, 1.0)]
    [InlineData("LBP var across x", "lbp-2D", 222637.70755851548, 91.28366936671698, 301.0068086557613, 153.70774692214547)]
    [InlineData("LBP var of whole numbers", "lbp-2D", 322234.0, 106.0, 670.0, 152.0)]
    public void Responses_are_those_of_the_programs_that_PyRadiomics_calls(string key, string prefix, double sum, double first, double inner, double last)
    {
        const int SizeX = 11, SizeY = 10, SizeZ = 7;
        ImageGrid grid = new(SizeX, SizeY, SizeZ, 0.5, 0.75, 2);
        double[] voxels = [.. Enumerable.Range(0, grid.Count).Select(i => Made(i % SizeX, i / SizeX % SizeY, i / SizeX / SizeY))];

        FilteredImage image = ImageTypes.Of(new ScalarImage(grid, voxels), grid.Whole, [Types[key]]).Images.Single(image => image.Prefix == prefix);
        double[] response = [.. image.Compute(TestContext.Current.CancellationToken).Select(value => double.IsNaN(value) ? 0 : value)];

        // ITK keeps the LoG in single precision between its passes.
        double tolerance = key.StartsWith("LoG", StringComparison.Ordinal) ? 1e-6 : 1e-13;
        double range = tolerance * response.Max(Math.Abs);
        Assert.Equal(sum, response.Select((value, i) => value * (i % 13 - 5)).Sum(), range * response.Length);
        Assert.Equal(first, response[0], range);
        Assert.Equal(inner, response[(3 * SizeY + 4) * SizeX + 5], range);
        Assert.Equal(last, response[^1], range);

        static double Made(int x, int y, int z) => (3 * x * x + 7 * y + 5 * z * z + x * y * (z + 2)) % 101 - 30;
    }
}
