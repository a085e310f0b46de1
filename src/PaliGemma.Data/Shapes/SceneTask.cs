namespace PaliGemma.Data.Shapes;

/// <summary>What a model is asked to do with a scene.</summary>
public enum SceneTask
{
    /// <summary>Name what is in it, in one of several languages.</summary>
    Caption,

    /// <summary>Say how many there are, of which colour, or whether there is one.</summary>
    Answer,

    /// <summary>Read the printed words.</summary>
    Ocr,

    /// <summary>Find things of one or two names.</summary>
    Detect,

    /// <summary>Find things of one name, and their shapes.</summary>
    Segment,
}
