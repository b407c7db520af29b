namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>Everything that a phantom is made from. The same specification gives the same voxels.</summary>
public sealed record PhantomSpecification
{
    public required int Seed { get; init; }

    public ScannerRegime Regime { get; init; }

    /// <summary>Pixels in a row and in a column.</summary>
    public required int Matrix { get; init; }

    public required double PixelSpacingMm { get; init; }
    public required int Slices { get; init; }
    public required double SliceSpacingMm { get; init; }

    /// <summary>Gantry tilt, degrees.</summary>
    public required double TiltDegrees { get; init; }

    /// <summary>Semi-axes of the head's outer surface, mm: half width, half length, height above and depth below its middle.</summary>
    public required (float X, float Y, float Up, float Down) HeadMm { get; init; }

    public required float SkullMm { get; init; }

    /// <summary>Where the head lies in the field of view, mm, and how it is turned, radians.</summary>
    public required (float X, float Y, float Turn) Pose { get; init; }

    public required float GreyMatterHu { get; init; }
    public required float WhiteMatterHu { get; init; }

    /// <summary>Scales ventricles and sulci; 1 is a middle-aged head.</summary>
    public required float Atrophy { get; init; }

    /// <summary>Standard deviation of the noise in a pixel of 0.5 mm, HU.</summary>
    public required float NoiseHu { get; init; }

    /// <summary>Depth of the cupping artefact at the centre, HU.</summary>
    public required float CuppingHu { get; init; }

    /// <summary>Beam hardening left in: brightness under the skull and how far it reaches, at the vertex, and streaks at the base.</summary>
    public required (float RimHu, float RimMm, float VertexHu, float StreakHu) BeamHardening { get; init; }

    /// <summary>Calcifications of pineal gland, choroid plexus and basal ganglia: dense, and no hematoma.</summary>
    public required int Calcifications { get; init; }

    /// <summary>Null for a head without hematoma.</summary>
    public HematomaSpecification? Hematoma { get; init; }

    /// <summary>A random head; about two of three have a hematoma.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="matrix">Pixels in a row and in a column, 64 to 1024.</param>
    /// <param name="pixelSpacingMm">Pixel size; null for a field of view of about 230 mm.</param>
    /// <param name="regime">The scanner.</param>
    public static PhantomSpecification FromSeed(int seed, int matrix = 512, double? pixelSpacingMm = null, ScannerRegime regime = ScannerRegime.A)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(matrix, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(matrix, 1024);
        PhantomRandom random = new(seed);
        float size = random.Uniform(0.93f, 1.07f);
        double fieldOfView = random.Uniform(220, 250);
        float white = random.Uniform(22, 31);
        PhantomSpecification specification = new()
        {
            Seed = seed,
            Regime = regime,
            Matrix = matrix,
            PixelSpacingMm = pixelSpacingMm ?? Math.Round(fieldOfView / matrix, 6),
            Slices = random.Whole(26, 32),
            SliceSpacingMm = 5,
            TiltDegrees = random.Chance(0.4) ? Math.Round((double)random.Uniform(0, 20), 1) : 0,
            HeadMm = (76 * size * random.Uniform(0.95f, 1.05f), 95 * size * random.Uniform(0.95f, 1.05f), 84 * size, 95 * size),
            SkullMm = random.Uniform(5, 9),
            Pose = (random.Uniform(-10, 10), random.Uniform(-10, 10), random.Uniform(-0.2f, 0.2f)),
            WhiteMatterHu = white,
            GreyMatterHu = white + random.Uniform(4, 10),
            Atrophy = random.Uniform(0.6f, 1.7f),
            NoiseHu = random.Uniform(1.5, 6.5),
            CuppingHu = random.Uniform(0, 6),
            BeamHardening = default,
            Calcifications = random.Whole(0, 5),
            Hematoma = random.Chance(0.67) ? HematomaSpecification.Draw(random) : null,
        };
        // Real heads without any blood reach these values; a third of the scanners correct well.
        float strength = random.Chance(0.33) ? 0.25f : 1;
        double spacing = random.Chance(0.35) ? Math.Round((double)random.Uniform(3, 7.5), 1) : 5;
        specification = specification with
        {
            BeamHardening = (strength * random.Uniform(0, 22), random.Uniform(4, 14),
                strength * random.Uniform(0, 32), strength * random.Uniform(0, 16)),
            SliceSpacingMm = spacing,
            Slices = (int)Math.Round(specification.Slices * 5 / spacing),
        };
        specification = ScannerRegimes.Scan(specification, random);
        return pixelSpacingMm is { } given ? specification with { PixelSpacingMm = given } : specification;
    }
}

/// <summary>The random numbers of one phantom.</summary>
internal sealed class PhantomRandom(int seed)
{
    private readonly Random random = new(seed);

    public float Uniform(double low, double high) => (float)(low + random.NextDouble() * (high - low));

    /// <summary>Both ends included.</summary>
    public int Whole(int low, int high) => random.Next(low, high + 1);

    public bool Chance(double probability) => random.NextDouble() < probability;

    public float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
