namespace PaliGemma.Imaging;

/// <summary>How a picture is brought to the size a model sees.</summary>
public enum ResizeMode
{
    /// <summary>Pillow's bicubic filter, as in Hugging Face's processor, see <see cref="BicubicResampler"/>.</summary>
    Bicubic,

    /// <summary>A bilinear filter that looks at two pixels each way, as in about half of big_vision's fine-tunings.</summary>
    Bilinear,

    /// <summary>A bilinear filter that looks at all pixels where a picture shrinks, as in the others.</summary>
    BilinearAntialias,
}
