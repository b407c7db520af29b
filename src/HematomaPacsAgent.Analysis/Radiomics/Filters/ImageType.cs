using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>One entry of <c>imageType</c> in a PyRadiomics parameter file: a kind of filter with its settings. Every value is checked when it is set.</summary>
internal abstract record ImageType
{
    private ImageType() { }

    /// <summary>The name in the parameter file.</summary>
    public abstract string Name { get; }

    /// <summary>The image itself.</summary>
    public sealed record Original : ImageType
    {
        public override string Name => "Original";
    }

    /// <summary>x^2 scaled back to the image's range.</summary>
    public sealed record Square : ImageType
    {
        public override string Name => "Square";
    }

    /// <summary>The signed square root of |x|, scaled back to the image's range.</summary>
    public sealed record SquareRoot : ImageType
    {
        public override string Name => "SquareRoot";
    }

    /// <summary>The signed logarithm of |x| + 1, scaled back to the image's range.</summary>
    public sealed record Logarithm : ImageType
    {
        public override string Name => "Logarithm";
    }

    /// <summary>e^(c x), scaled to the image's range.</summary>
    public sealed record Exponential : ImageType
    {
        public override string Name => "Exponential";
    }

    /// <summary>The length of the gradient.</summary>
    public sealed record Gradient : ImageType
    {
        public override string Name => "Gradient";

        /// <summary>PyRadiomics <c>gradientUseSpacing</c>: per mm instead of per voxel.</summary>
        public bool UseSpacing { get; init; } = true;
    }

    /// <summary>The Laplacian of the image smoothed by a Gaussian, one image a sigma.</summary>
    public sealed record LaplacianOfGaussian(IReadOnlyList<LogSigma> Sigmas) : ImageType
    {
        public override string Name => "LoG";
    }

    /// <summary>The undecimated wavelet transform: a low-pass and a high-pass image along each axis.</summary>
    public sealed record Wavelet : ImageType
    {
        public override string Name => "Wavelet";

        /// <summary>PyRadiomics <c>wavelet</c>.</summary>
        public string Family
        {
            get;
            init => field = WaveletFilters.LowPass(value).Length > 0 ? value : field;
        } = "coif1";

        /// <summary>PyRadiomics <c>level</c>: how many levels give images, 1 to 8.</summary>
        public int Levels
        {
            get;
            init => field = value is >= 1 and <= 8 ? value : throw new RadiomicsException($"wavelet level {value}: must be 1 to 8");
        } = 1;

        /// <summary>PyRadiomics <c>start_level</c>: how many levels are passed over first, 0 to 8.</summary>
        public int StartLevel
        {
            get;
            init => field = value is >= 0 and <= 8 ? value : throw new RadiomicsException($"wavelet start level {value}: must be 0 to 8");
        }

        /// <summary>With PyRadiomics <c>force2D</c>, its <c>force2Ddimension</c>, 0 for z, 1 for y, 2 for x: that axis is not filtered.</summary>
        public int? Force2DDimension { get; init => field = Dimension(value); }
    }

    /// <summary>Local binary patterns, slice by slice.</summary>
    public sealed record LocalBinaryPattern2D : ImageType
    {
        public override string Name => "LBP2D";

        /// <summary>PyRadiomics <c>lbp2DRadius</c>: radius of the circle of samples, voxels, above 0 to 100.</summary>
        public double Radius
        {
            get;
            init => field = value is > 0 and <= 100 ? value : throw new RadiomicsException($"LBP radius {value} voxels: must be above 0 and at most 100");
        } = 1;

        /// <summary>PyRadiomics <c>lbp2DSamples</c>: samples on the circle, 1 to 30. Its manual says 9, its code takes 8 when the key is missing.</summary>
        public int Samples
        {
            get;
            init => field = value is >= 1 and <= 30 ? value : throw new RadiomicsException($"{value} LBP samples: must be 1 to 30");
        } = 8;

        public LbpMethod Method { get; init; } = LbpMethod.Uniform;

        /// <summary>PyRadiomics <c>force2Ddimension</c>, 0 for z, 1 for y, 2 for x: the axis across the slices.</summary>
        public int SliceDimension { get; init => field = Dimension(value)!.Value; }

        /// <summary>Whether the image holds whole numbers: PyRadiomics writes the patterns back into the image's own type, which cuts the
        /// fractions off (only <see cref="LbpMethod.Var"/> has any). Set too where the image says so itself.</summary>
        public bool WholeNumbers { get; init; }
    }

    private static int? Dimension(int? value) =>
        value is null or (>= 0 and <= 2) ? value : throw new RadiomicsException($"2D dimension {value}: must be 0 (z), 1 (y) or 2 (x)");
}

/// <summary>How scikit-image's <c>local_binary_pattern</c> makes a number of a pattern.</summary>
internal enum LbpMethod
{
    /// <summary><c>default</c>: the pattern's bits.</summary>
    Default,

    /// <summary><c>ror</c>: the least number among the pattern's rotations.</summary>
    Ror,

    /// <summary><c>uniform</c>: the number of ones where the pattern is uniform, else samples + 1.</summary>
    Uniform,

    /// <summary><c>nri_uniform</c>: a number for each uniform pattern, and one for all others.</summary>
    NriUniform,

    /// <summary><c>var</c>: the variance of the samples; NaN where it is 0.</summary>
    Var,
}

/// <summary>A width of the Gaussian, mm, and how PyRadiomics writes it into the name: Python's <c>str()</c>, so that 1 and 1.0 differ.</summary>
public sealed record LogSigma
{
    private LogSigma(double mm, string written) => (Mm, Written) = (mm, written);

    public double Mm { get; }

    public string Written { get; }

    /// <summary>A real number, as in <c>sigma: [1.0]</c>.</summary>
    public static LogSigma Of(double mm)
    {
        if (!double.IsFinite(mm) || Math.Abs(mm) > 1e4 || Math.Abs(mm) is > 0 and < 1e-4)
            throw new RadiomicsException($"LoG sigma {mm} mm: must be 0.0001 to 10000");
        string digits = mm.ToString("R", CultureInfo.InvariantCulture);
        return new LogSigma(mm, digits.Contains('.', StringComparison.Ordinal) ? digits : digits + ".0");
    }

    /// <summary>A number as it stands in a parameter file: <c>1</c> and <c>1.0</c> give images of different names.</summary>
    public static LogSigma Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int whole))
            return new LogSigma(Of(whole).Mm, whole.ToString(CultureInfo.InvariantCulture));
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double mm)
            ? Of(mm)
            : throw new RadiomicsException($"LoG sigma '{text}': must be a number of millimetres");
    }
}
