namespace PaliGemma.Training;

/// <summary>A part of the model that can be trained or frozen.</summary>
public enum ModelPart
{
    /// <summary>The image tower.</summary>
    Vision,

    /// <summary>The layer between image tower and decoder.</summary>
    Projector,

    /// <summary>The decoder's layers and final norm.</summary>
    Decoder,

    /// <summary>The table of token embeddings, which is the head too.</summary>
    Embedding,
}
