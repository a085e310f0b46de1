namespace PaliGemma.Data.Annotations;

/// <summary>What one line of PaliGemma's training data asks for.</summary>
public enum PromptScope
{
    /// <summary>One line per picture, for the labels that are in it. A picture without objects has no line.</summary>
    Image,

    /// <summary>One line per picture and label that is in it. A picture without objects has no line.</summary>
    Label,

    /// <summary>
    /// One line per picture, for every label of the data set; the answer about a picture without objects is empty. A picture all of whose
    /// objects were left out has no line.
    /// </summary>
    All,
}
