# What a rotator's CMakeLists.txt calls; the same inside and outside of the
# Keyturn tree.

# keyturn_embed(TARGET SYMBOL FILE): `extern const char SYMBOL[]` holds the
# file's bytes and a closing zero.  For schemas that stay readable as files.
function(keyturn_embed target symbol file)
  get_filename_component(file ${file} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
         "\\1\n  " bytes "${bytes}")
  set(text "extern const char ${symbol}[];\n")
  string(APPEND text "const char ${symbol}[] = {\n  ${bytes}0};\n")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c
       CONTENT "${text}" @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
endfunction()
