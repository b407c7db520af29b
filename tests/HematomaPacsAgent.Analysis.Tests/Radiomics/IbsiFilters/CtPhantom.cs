using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>The IBSI CT phantom as the second phase's configurations take it: A as it is, B in 1 mm cubes; made once for all tests.</summary>
internal static class CtPhantom
{
    private static readonly Lazy<(ScalarImage Image, bool[] Region, Box Box)> a = new(() =>
    {
        OracleCase phantom = OracleCase.CtPhantom();
        return Resegmented(phantom.Image, phantom.Mask);
    });

    private static readonly Lazy<(ScalarImage Image, bool[] Region, Box Box)> b = new(() =>
    {
        OracleCase phantom = OracleCase.CtPhantom();
        PreparedRegion cubes = new IbsiResampling(1, 1, 1) { Interpolator = Interpolator.CubicSpline, Round = true }
            .Apply(phantom.Image, phantom.Mask, CancellationToken.None);
        return Resegmented(cubes.Image, cubes.Mask);
    });

    public static (ScalarImage Image, bool[] Region, Box Box) A => a.Value;

    public static (ScalarImage Image, bool[] Region, Box Box) B => b.Value;

    /// <summary>Only intensities from -1000 to 400 HU stay in the region.</summary>
    private static (ScalarImage, bool[], Box) Resegmented(ScalarImage image, bool[] mask)
    {
        bool[] region = Resegmentation.Ibsi(image, mask, -1000, 400, null);
        return (image, region, Box.Around(region, image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ));
    }
}
