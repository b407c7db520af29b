using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

/// <summary>The images and masks of the reference data on their grids.</summary>
internal static class ReferenceImages
{
    /// <summary>PyRadiomics' own test case brain1: MR, whole numbers, 0.78 x 0.78 x 6.5 mm.</summary>
    public static (ScalarImage Image, bool[] Mask) Brain1() => Of(OracleCase.PyRadiomics("brain1"));

    /// <summary>A made-up head CT, 512 x 512 x 40 voxels.</summary>
    public static (ScalarImage Image, bool[] Mask) Ich5() => Of(OracleCase.PyRadiomics("ich5"));

    /// <summary>IBSI's CT phantom: a lung tumour, 0.977 x 0.977 x 3 mm.</summary>
    public static (ScalarImage Image, bool[] Mask) IbsiPhantom() => Of(OracleCase.CtPhantom());

    private static (ScalarImage, bool[]) Of(OracleCase region) => (region.Image, region.Mask);
}
