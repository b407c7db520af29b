using System.Globalization;
using System.Numerics;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>A scan that the model must not be asked about, or an answer that it must not give. The message is the reason, fit for a report.</summary>
public sealed class ModelAbstainsException(string message) : Exception(message);

/// <summary>The limits of <see cref="ModelAbstention"/> and <see cref="TiltRule.Reject"/>.</summary>
internal static class Abstention
{
    /// <summary>Scanners write positions to a tenth of a millimetre: what lies below this is not a tilt.</summary>
    private const double SmallestTiltDegrees = 1;

    /// <exception cref="ModelAbstainsException">The scan is beyond a limit.</exception>
    public static void Check(ModelPackage package, VolumeGeometry geometry)
    {
        ModelAbstention limits = package.Manifest.Abstain;
        if (geometry.Slices < limits.MinSlices) throw Abstains(package, $"the scan has {geometry.Slices} slices, it needs {limits.MinSlices}");
        if (geometry.MedianSliceSpacingMm > limits.MaxSliceSpacingMm)
            throw Abstains(package, $"the slices lie {geometry.MedianSliceSpacingMm:F1} mm apart, at most {limits.MaxSliceSpacingMm} mm are allowed");
        double tilt = TiltDegrees(geometry);
        if (package.Manifest.Geometry.Tilt == TiltRule.Reject && tilt > SmallestTiltDegrees)
            throw Abstains(package, $"the gantry was tilted by {tilt:F1} degrees");
    }

    /// <exception cref="ModelAbstainsException">The members disagree beyond the limit.</exception>
    public static void Check(ModelPackage package, double? meanSd)
    {
        if (meanSd > package.Manifest.Abstain.MaxEnsembleSd)
            throw Abstains(package,
                $"its passes disagree on what they found (mean standard deviation {meanSd:F2}, allowed {package.Manifest.Abstain.MaxEnsembleSd})");
    }

    internal static ModelAbstainsException Abstains(ModelPackage package, FormattableString reason) =>
        new($"the model {package.Id} abstains: {reason.ToString(CultureInfo.InvariantCulture)}");

    private static double TiltDegrees(VolumeGeometry geometry)
    {
        Vector3 way = geometry.Origins[^1] - geometry.Origins[0];
        double along = Vector3.Dot(way, geometry.Normal), across = (way - geometry.Normal * (float)along).Length();
        return geometry.Slices == 1 ? 0 : Math.Atan2(across, along) * 180 / Math.PI;
    }
}
