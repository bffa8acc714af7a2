# What a rotator's CMakeLists.txt calls.

# keyturn_add_rotator(NAME SOURCE…): the plugin NAME.so, which is installed
# into Keyturn's plugin folder.  Link the vendor's library to it by
# target_link_libraries(NAME PRIVATE …).
function(keyturn_add_rotator name)
  add_library(${name} MODULE ${ARGN})
  # Nothing but kt_module is exported: plugins must not find each other's
  # functions.
  set_target_properties(${name} PROPERTIES PREFIX ""
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PRIVATE Keyturn::headers)
  target_link_options(${name} PRIVATE -Wl,--no-undefined)
  install(TARGETS ${name} LIBRARY DESTINATION ${Keyturn_PLUGIN_DIR})
endfunction()

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
