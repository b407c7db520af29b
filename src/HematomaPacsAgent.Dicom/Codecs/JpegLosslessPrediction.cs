namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Predicts a sample from its neighbours. The result counts modulo 2^16.</summary>
/// <remarks>ISO 10918-1 table H.1; a type each, so that the loop over a line is compiled for each.</remarks>
internal interface IJpegLosslessPrediction
{
    /// <param name="a">The sample to the left.</param>
    /// <param name="b">The sample above.</param>
    /// <param name="c">The sample above on the left.</param>
    static abstract int Of(int a, int b, int c);
}

internal readonly struct PredictLeft : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => a;
}

internal readonly struct PredictAbove : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => b;
}

internal readonly struct PredictCorner : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => c;
}

internal readonly struct PredictPlane : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => a + b - c;
}

internal readonly struct PredictLeftAndSlope : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => a + ((b - c) >> 1);
}

internal readonly struct PredictAboveAndSlope : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => b + ((a - c) >> 1);
}

internal readonly struct PredictMean : IJpegLosslessPrediction
{
    public static int Of(int a, int b, int c) => (a + b) >> 1;
}
