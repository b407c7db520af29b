namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The lines of one scan: each sample is a prediction from its neighbours plus a coded difference, modulo 2^16.</summary>
/// <param name="tables">A Huffman table for each component of the scan.</param>
/// <param name="selection">Selection value 1 to 7: which prediction.</param>
/// <param name="start">Prediction of the first sample, and of the first after each restart: 2^(P - Pt - 1).</param>
/// <remarks>ISO 10918-1 §H.1.</remarks>
internal readonly struct JpegLosslessScan(JpegLosslessTable[] tables, int selection, ushort start)
{
    /// <summary>Decodes a line of interleaved samples.</summary>
    /// <param name="above">The line above it; overwritten when there is none that counts.</param>
    /// <param name="isFirst">First line of the scan or after a restart: predicted from the left only.</param>
    public void DecodeLine(ref EntropyBitReader reader, Span<ushort> above, Span<ushort> line, bool isFirst)
    {
        if (isFirst)
        {
            above[..tables.Length].Fill(start);
            DecodeLine<PredictLeft>(ref reader, above, line);
            return;
        }

        switch (selection)
        {
            case 1: DecodeLine<PredictLeft>(ref reader, above, line); break;
            case 2: DecodeLine<PredictAbove>(ref reader, above, line); break;
            case 3: DecodeLine<PredictCorner>(ref reader, above, line); break;
            case 4: DecodeLine<PredictPlane>(ref reader, above, line); break;
            case 5: DecodeLine<PredictLeftAndSlope>(ref reader, above, line); break;
            case 6: DecodeLine<PredictAboveAndSlope>(ref reader, above, line); break;
            case 7: DecodeLine<PredictMean>(ref reader, above, line); break;
        }
    }

    private void DecodeLine<TPrediction>(ref EntropyBitReader reader, ReadOnlySpan<ushort> above, Span<ushort> line)
        where TPrediction : struct, IJpegLosslessPrediction
    {
        above = above[..line.Length];
        BitWindow window = reader.Window;
        int components = tables.Length;
        for (int i = 0; i < components; i++) line[i] = (ushort)(above[i] + tables[i].Read(ref reader, ref window));
        if (components == 1)
        {
            JpegLosslessTable table = tables[0];
            int a = line[0], c = above[0];
            for (int i = 1; i < line.Length; i++)
            {
                int b = above[i];
                a = (ushort)(TPrediction.Of(a, b, c) + table.Read(ref reader, ref window));
                line[i] = (ushort)a;
                c = b;
            }
        }
        else
        {
            for (int x = components; x < line.Length; x += components)
                for (int i = x; i < x + components; i++)
                {
                    int predicted = TPrediction.Of(line[i - components], above[i], above[i - components]);
                    line[i] = (ushort)(predicted + tables[i - x].Read(ref reader, ref window));
                }
        }

        reader.Window = window;
    }
}
