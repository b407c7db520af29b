namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>Three scanners. The bundled models were trained on A alone; C plays the external hospital.</summary>
public enum ScannerRegime
{
    /// <summary>Slices of 5 mm (some 3 to 7.5), a tilted gantry in two of five, all strengths of noise and beam hardening.</summary>
    A,

    /// <summary>Thinner and noisier slices (2.5 to 5 mm), seldom tilted, a smaller field.</summary>
    B,

    /// <summary>Always tilted (10 to 23 degrees), slices of 4 or 6 mm, a larger field, more beam hardening and cupping.</summary>
    C,
}

/// <summary>How the regimes differ from A.</summary>
internal static class ScannerRegimes
{
    public static PhantomSpecification Scan(PhantomSpecification head, PhantomRandom random)
    {
        if (head.Regime == ScannerRegime.A) return head;
        double coverageMm = head.Slices * head.SliceSpacingMm, spacing = head.Regime == ScannerRegime.B ? Math.Round((double)random.Uniform(2.5, 5), 1) : random.Chance(0.5) ? 4 : 6;
        var (rimHu, rimMm, vertexHu, streakHu) = head.BeamHardening;
        head = head with { SliceSpacingMm = spacing, Slices = (int)Math.Round(coverageMm / spacing) };
        return head.Regime == ScannerRegime.B
            ? head with
            {
                TiltDegrees = random.Chance(0.15) ? Math.Round((double)random.Uniform(2, 12), 1) : 0,
                PixelSpacingMm = Math.Round(0.95 * head.PixelSpacingMm, 6),
                NoiseHu = random.Uniform(4, 7.5),
            }
            : head with
            {
                TiltDegrees = Math.Round((double)random.Uniform(10, 23), 1),
                PixelSpacingMm = Math.Round(1.08 * head.PixelSpacingMm, 6),
                CuppingHu = random.Uniform(3, 9),
                BeamHardening = (1.2f * rimHu, rimMm, 1.2f * vertexHu, 1.3f * streakHu),
            };
    }
}
